package ffmpeg

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/internal/proc"
)

// Info describes a media file.
type Info struct {
	Format   string // as ffprobe names it, such as "mov,mp4,m4a,3gp,3g2,mj2"
	Duration time.Duration
	Size     int64 // bytes
	Tags     map[string]string
	Streams  []Stream
	Chapters int
}

// Stream is one stream of a file. Fields that do not apply to its type are zero.
type Stream struct {
	Type     string // "video", "audio", "subtitle", "data"
	Codec    string
	Profile  string
	Start    time.Duration
	Duration time.Duration // 0: not stated
	Frames   int64         // as the container states; 0: not stated
	Packets  int64         // as counted in the file
	Default  bool          // players play it by default

	PixelFormat string
	Width       int
	Height      int
	FrameRate   Rational // the average
	BaseRate    Rational // the lowest that can time every frame; equals FrameRate if the rate is constant

	SampleRate int
	Channels   int
}

// Rational is a fraction. Its zero value means unknown.
type Rational struct{ Num, Den int }

// Float returns the fraction's value, or 0 if it is unknown.
func (r Rational) Float() float64 {
	if r.Den == 0 {
		return 0
	}
	return float64(r.Num) / float64(r.Den)
}

// First returns the first stream of a type.
func (i Info) First(kind string) (Stream, bool) {
	for _, s := range i.Streams {
		if s.Type == kind {
			return s, true
		}
	}
	return Stream{}, false
}

// probeLimit bounds the time of ffprobe, which reads the whole file to count its packets.
const probeLimit = 2 * time.Minute

var errSlowProbe = errors.New("ffprobe takes too long")

// Probe describes a media file and counts its packets. For a file that is not media it returns CodeEncodeFailed, and
// CodeTimeout if ffprobe has not ended after two minutes. If ctx ends, Probe returns its cause.
func (t *Tool) Probe(ctx context.Context, path string) (Info, error) {
	limit := cmp.Or(t.probing, probeLimit)
	ctx, cancel := context.WithTimeoutCause(ctx, limit, errSlowProbe)
	defer cancel()
	out, err := proc.Output(ctx, proc.Command{
		Path: t.probe,
		Args: []string{"-v", "error", "-protocol_whitelist", "file", "-show_format", "-show_streams", "-show_chapters",
			"-count_packets", "-of", "json", "-i", "file:" + path},
		MaxStdout: 8 << 20,
	})
	if cause := context.Cause(ctx); err != nil && cause != nil {
		if cause == errSlowProbe {
			f := lectern.Fail(lectern.CodeTimeout,
				"The media file could not be read: ffprobe had not ended after %s and was stopped.",
				seconds(limit)).Because(cause)
			f.Retryable = true
			return Info{}, f
		}
		return Info{}, cause
	}
	if err != nil {
		return Info{}, failed("The media file could not be read", err)
	}
	info, err := parseProbe(out)
	if err != nil {
		return Info{}, lectern.Fail(lectern.CodeEncodeFailed, "ffprobe's output about the media file is invalid.").
			Because(err)
	}
	return info, nil
}

// probed is the JSON of ffprobe, which writes most numbers as strings.
type probed struct {
	Format struct {
		Name     string            `json:"format_name"`
		Duration string            `json:"duration"`
		Size     string            `json:"size"`
		Tags     map[string]string `json:"tags"`
	} `json:"format"`
	Streams []struct {
		Type        string `json:"codec_type"`
		Codec       string `json:"codec_name"`
		Profile     string `json:"profile"`
		Start       string `json:"start_time"`
		Duration    string `json:"duration"`
		Frames      string `json:"nb_frames"`
		Packets     string `json:"nb_read_packets"`
		PixFmt      string `json:"pix_fmt"`
		Width       int    `json:"width"`
		Height      int    `json:"height"`
		AvgRate     string `json:"avg_frame_rate"`
		BaseRate    string `json:"r_frame_rate"`
		SampleRate  string `json:"sample_rate"`
		Channels    int    `json:"channels"`
		Disposition struct {
			Default int `json:"default"`
		} `json:"disposition"`
	} `json:"streams"`
	Chapters []json.RawMessage `json:"chapters"`
}

func parseProbe(out []byte) (Info, error) {
	var p probed
	if err := json.Unmarshal(out, &p); err != nil {
		return Info{}, err
	}
	info := Info{
		Format: p.Format.Name, Duration: duration(p.Format.Duration), Size: number(p.Format.Size),
		Tags: p.Format.Tags, Chapters: len(p.Chapters),
	}
	for _, s := range p.Streams {
		info.Streams = append(info.Streams, Stream{
			Default: s.Disposition.Default == 1,
			Type:    s.Type, Codec: s.Codec, Profile: s.Profile, Start: duration(s.Start),
			Duration: duration(s.Duration),
			Frames:   number(s.Frames), Packets: number(s.Packets), PixelFormat: s.PixFmt, Width: s.Width,
			Height:    s.Height,
			FrameRate: rational(s.AvgRate), BaseRate: rational(s.BaseRate),
			SampleRate: int(number(s.SampleRate)), Channels: s.Channels,
		})
	}
	return info, nil
}

func number(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// duration reads seconds with a fraction, to the microsecond, as ffprobe prints them; 0 if there are none.
func duration(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || math.Abs(f) > 1e9 {
		return 0
	}
	return time.Duration(math.Round(f*1e6)) * time.Microsecond
}

func rational(s string) Rational {
	a, b, ok := strings.Cut(s, "/")
	n, err1 := strconv.Atoi(a)
	d, err2 := strconv.Atoi(b)
	if !ok || err1 != nil || err2 != nil || d <= 0 || n <= 0 {
		return Rational{}
	}
	return Rational{n, d}
}
