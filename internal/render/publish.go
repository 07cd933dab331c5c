package render

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"lectern"
	"lectern/internal/captions"
	"lectern/internal/contentkey"
	"lectern/internal/encode"
	"lectern/internal/fail"
	"lectern/internal/timeline"
)

// publisher publishes the artifacts of a presentation.
type publisher struct {
	*steps
	*outline
	coder
	store Artifacts
}

// publish stores the artifacts and returns them. Each appears whole, under a key that has the attempt in it (J7).
func (u *publisher) publish(ctx context.Context, plan timeline.Plan, video, audio, thumbnail file,
	w words) ([]lectern.Artifact, error) {
	started := u.now()
	u.track.say(lectern.StagePublishing, "Publishing the video.")
	manifest, err := u.manifest(plan, w)
	if err != nil {
		return nil, err
	}
	list := u.artifacts(plan, video, audio, thumbnail, w, manifest)
	sums, err := u.sums(ctx, list)
	if err != nil {
		return nil, fail.On(ctx, err, 0)
	}
	var out []lectern.Artifact
	for i, it := range list {
		if it.path == "" {
			it.path = filepath.Join(u.job.Scratch, it.name)
			if err := os.WriteFile(it.path, []byte(it.text), 0o666); err != nil {
				return nil, fail.On(ctx, err, 0)
			}
		}
		a := lectern.Artifact{Kind: it.kind, Slide: it.slide, ContentType: it.mime, SHA256: sums[i].SHA256,
			Size: sums[i].Size, Key: fmt.Sprintf("%s%d/%s", ArtifactsOf(u.job.ID), u.job.Attempt, it.name)}
		if it.kind == lectern.ArtifactVideo || it.kind == lectern.ArtifactAudio {
			a.Duration = plan.Duration()
		}
		if err := u.store.Put(ctx, a.Key, it.path, a.ContentType); err != nil {
			return nil, fail.On(ctx, err, it.slide)
		}
		out = append(out, a)
		u.track.move("publish", float64(i+1)/float64(len(list)))
	}
	u.meter.Video(plan.Duration())
	key := contentkey.Of(lectern.StepPublish, out)
	return out, u.done(ctx, lectern.StepPublish, 0, key, false, started)
}

// artifact is one of what publish stores.
type artifact struct {
	kind  lectern.ArtifactKind
	slide int // counted from 1; 0: of the whole deck
	name  string
	mime  string
	made
}

// made is what an artifact holds: a file or a text.
type made struct {
	file
	text string
}

// artifacts lists what a presentation leaves: every kind of the table of artifacts.
func (u *publisher) artifacts(plan timeline.Plan, video, audio, thumbnail file, w words, manifest []byte) []artifact {
	of := map[lectern.ArtifactKind]made{
		lectern.ArtifactVideo:      {file: video},
		lectern.ArtifactThumbnail:  {file: thumbnail},
		lectern.ArtifactCaptions:   {text: captions.SRT(w.cues)},
		lectern.ArtifactCaptionVTT: {text: captions.VTT(w.cues)},
		lectern.ArtifactChapters:   {text: captions.ChaptersVTT(plan.Rate, w.chapters)},
		lectern.ArtifactTranscript: {text: w.transcript},
		lectern.ArtifactAudio:      {file: audio},
		lectern.ArtifactManifest:   {text: string(manifest)},
	}
	var list []artifact
	for _, f := range lectern.ArtifactFiles() {
		if !f.PerSlide() {
			list = append(list, artifact{f.Kind, 0, f.Name, f.MediaType, of[f.Kind]})
			continue
		}
		for _, s := range u.slides { // the picture of a slide is the only kind with a file for each slide
			list = append(list, artifact{f.Kind, s.number, f.NameOf(s.number), f.MediaType, made{file: s.own().picture.file}})
		}
	}
	return list
}

// sum is the checksum of an artifact.
type sum struct {
	SHA256   string
	Size     int64
	Modified time.Time // of the file; zero for a text
}

// of returns the checksum of an artifact. It is s if the file has the size and the time of s.
func (s sum) of(it artifact) (sum, error) {
	if it.path == "" {
		return sum{SHA256: contentkey.Digest([]byte(it.text)), Size: int64(len(it.text))}, nil
	}
	info, err := os.Stat(it.path)
	if err != nil || s.Size == info.Size() && s.Modified.Equal(info.ModTime()) {
		return s, err
	}
	s = sum{Modified: info.ModTime()}
	s.SHA256, s.Size, err = hashFile(it.path)
	return s, err
}

// written has the checksums of the files that a run wrote itself, so that they need not be read again for it.
type written struct {
	mu   sync.Mutex
	sums map[string]sum // by content key
}

// file writes the file of a content key through a buffer, and keeps its checksum.
func (w *written) file(key, path string, write func(w *bufio.Writer) error) error {
	hash := sha256.New()
	err := writeFile(path, func(f *bufio.Writer) error {
		both := bufio.NewWriterSize(io.MultiWriter(f, hash), 256<<10)
		if err := write(both); err != nil {
			return err
		}
		return both.Flush()
	})
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sums == nil {
		w.sums = map[string]sum{}
	}
	w.sums[key] = sum{SHA256: hex.EncodeToString(hash.Sum(nil)), Size: info.Size(), Modified: info.ModTime()}
	return nil
}

func (w *written) of(key string) (sum, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.sums[key]
	return s, ok && key != ""
}

// sums returns the checksums of the artifacts in list. They are kept in the cache, together for the presentation: if an
// unchanged presentation is rendered again, computing them would take longer than all else. A file in the cache does
// not change, but it may have been removed and made again. Then its time is different.
func (u *publisher) sums(ctx context.Context, list []artifact) ([]sum, error) {
	keys := make([]string, len(list))
	for i, it := range list {
		keys[i] = it.key
	}
	key, all := contentkey.Of(lectern.StepPublish, "sums", keys)+".sums", make([]sum, len(list))
	path, kept := u.cache.Get(key)
	if kept {
		b, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		if json.Unmarshal(b, &all) != nil || len(all) != len(list) {
			all = make([]sum, len(list))
		}
	}
	for i, it := range list {
		if made, ok := u.written.of(it.key); ok {
			all[i] = made
		}
		var err error
		if all[i], err = all[i].of(it); err != nil {
			return nil, err
		}
	}
	if kept {
		return all, nil
	}
	_, err := u.cache.Make(ctx, key, func(path string) error {
		b, err := json.Marshal(all)
		if err != nil {
			return err
		}
		return os.WriteFile(path, b, 0o666)
	})
	return all, err
}

// ArtifactsOf returns the prefix of the keys of all artifacts of a presentation, whichever attempt made them. To remove
// the presentation is to remove all keys with this prefix.
func ArtifactsOf(id string) string { return "presentations/" + id + "/" }

// thumbnail returns a small picture of the slide [outline.face], once that slide is encoded. If this run has spliced
// the slide, the thumbnail is in the cache already.
func (u *publisher) thumbnail(ctx context.Context) (file, error) {
	s := u.face()
	if err := await(ctx, s.encoded); err != nil {
		return file{}, err
	}
	n := s.segment.Index.Keys[u.best(s, s.segment.Index.Keys)]
	key := u.thumbnailKey(s, n)
	path, err := u.cache.Make(ctx, key+".jpg", func(path string) error {
		picture, err := s.segment.picture(n)
		if err != nil {
			return broken(whatThumbnail, errors.Join(err, u.drop(s.segment)))
		}
		return u.resources.encoders.Do(ctx, 1, func() error {
			if err := u.ffmpeg(ctx, Command{Args: u.enc.Thumbnail("file:" + path), Stdin: bytes.NewReader(picture),
				What: whatThumbnail}); err != nil {
				return err
			}
			return broken(whatThumbnail, readJPEG(path))
		})
	})
	if err != nil {
		return file{}, fail.On(ctx, err, 0)
	}
	return file{key, path}, nil
}

// thumbOf returns which of the pictures that begin the groups of part k is the thumbnail, for the encoder to write it
// to dir, and a function that then copies it to the cache. t is nil if the thumbnail shows another part or slide.
func (u *encoder) thumbOf(s *slide, k int, dir string) (t *encode.Thumb, keep func(ctx context.Context) error) {
	none := func(context.Context) error { return nil }
	if s != u.face() {
		return nil, none
	}
	var starts []int
	at, first, end := 0, 0, 0 // first and end bound the groups of the part
	for i := range s.parts {
		if i == k {
			first = len(starts)
		}
		for _, n := range u.enc.Groups(s.frames(i)) {
			starts = append(starts, at)
			at += int(n)
		}
		if i == k {
			end = len(starts)
		}
	}
	group, from := u.best(s, starts), filepath.Join(dir, "thumbnail.jpg")
	if group < first || group >= end {
		return nil, none
	}
	return &encode.Thumb{Group: group - first, To: "file:" + from}, func(ctx context.Context) error {
		b, err := os.ReadFile(from)
		if err == nil {
			err = readJPEG(from)
		}
		if err == nil {
			_, err = u.cache.Make(ctx, u.thumbnailKey(s, starts[group])+".jpg",
				func(to string) error { return os.WriteFile(to, b, 0o666) })
		}
		return broken(whatThumbnail, err)
	}
}

// readJPEG checks that a picture can be decoded.
func readJPEG(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = jpeg.Decode(f)
	return err
}

func (u *publisher) manifest(plan timeline.Plan, w words) ([]byte, error) {
	d := u.deck
	u.mu.Lock()
	m := Manifest{Version: 1, ID: u.job.ID, Attempt: u.job.Attempt, Title: d.Title, Language: d.Language, Theme: d.Theme,
		Layout: d.Layout,
		Avatar: d.Avatar, Size: d.Size, Quality: d.Quality, Encoder: u.enc.Args(),
		Warnings: append([]lectern.Warning(nil), u.warnings...), Metadata: d.Metadata}
	u.mu.Unlock()
	types := make([]string, len(u.slides))
	for i, s := range u.slides {
		if i < len(d.Transitions) {
			types[i] = d.Transitions[i].Type
		}
		ms := ManifestSlide{ID: d.Slides[i].ID, Title: s.title, Section: d.Slides[i].Section,
			Template: d.Slides[i].Template, Words: w.align[i].Words}
		if s.narration.samples > 0 {
			voice := s.narration.voice
			ms.Voice = &voice
			if d.Recording != nil {
				ms.Recorded = new(s.narration.from)
			}
		}
		for _, p := range s.parts[1:] {
			ms.Changes = append(ms.Changes, plan.Slides[i].Start+p.from)
		}
		if s.window != nil {
			ms.Window = &s.window.At
		}
		m.Slides = append(m.Slides, ms)
	}
	m.SetPlan(plan, types)
	return m.JSON()
}

func hashFile(path string) (sum string, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer f.Close()
	h := sha256.New()
	size, err = io.Copy(h, f)
	return hex.EncodeToString(h.Sum(nil)), size, err
}
