package main

import (
	"context"
	"io"

	"lectern"
	"lectern/client"
)

// remote renders on a server.
type remote struct {
	client *client.Client
	preset string // goes before what decks say; "": there is none
}

func newRemote(out streams, server, key, preset string) (*remote, error) {
	c, err := newClient(out, server, key)
	if err != nil {
		return nil, err
	}
	return &remote{c, preset}, nil
}

func (r *remote) create(ctx context.Context, deck []byte) (lectern.Presentation, error) {
	if r.preset != "" {
		return r.client.Upload(ctx, deck, client.WithSettings(presetSettings(r.preset)))
	}
	return r.client.Create(ctx, deck)
}

func (r *remote) follow(ctx context.Context, id string, show func(lectern.Presentation)) (lectern.Presentation, error) {
	var last lectern.Presentation
	for p, err := range r.client.Watch(ctx, id, 0) {
		if err != nil {
			return last, err
		}
		last = p
		show(p)
	}
	return last, ctx.Err()
}

func (r *remote) cancel(ctx context.Context, id string) error {
	_, err := r.client.Cancel(ctx, id)
	return err
}

func (r *remote) close() error { return nil }

// files lists what every completed presentation has.
func (r *remote) files(ctx context.Context, id string) ([]keepsake, error) {
	p, err := r.client.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []keepsake
	add := func(kind lectern.ArtifactKind, slide int, f client.File) {
		out = append(out, keepsake{kind, slide, func(ctx context.Context, w io.Writer) error { return r.client.Download(ctx, id, f, w, nil) }})
	}
	add(lectern.ArtifactVideo, 0, client.Video)
	add(lectern.ArtifactThumbnail, 0, client.Thumbnail)
	add(lectern.ArtifactCaptions, 0, client.CaptionsSRT)
	add(lectern.ArtifactCaptionVTT, 0, client.CaptionsVTT)
	add(lectern.ArtifactChapters, 0, client.Chapters)
	add(lectern.ArtifactTranscript, 0, client.Transcript)
	add(lectern.ArtifactAudio, 0, client.Audio)
	add(lectern.ArtifactManifest, 0, client.Manifest)
	for n := 1; n <= p.SlidesTotal; n++ {
		add(lectern.ArtifactSlideImage, n, client.SlideImage(n))
	}
	return out, nil
}
