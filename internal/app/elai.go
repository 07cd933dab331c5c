package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/builtin"
	"lectern/internal/avatar/elai"
	"lectern/internal/config"
	"lectern/internal/tts"
)

// newAvatars lists the avatars: the built-in ones, and Elai's where there is a token for them. e is nil where there is none.
func newAvatars(cfg config.Config, secrets config.Secrets, ffmpeg *lateFFmpeg) (all *avatar.Catalogue, e *elai.Engine) {
	if secrets.ElaiToken == "" {
		return avatar.New(cfg.Avatar, builtin.New()).Without(elai.Name,
			"Avatars of Elai need an API token: set "+config.ElaiTokenVariable+", or name a file that holds it with elai.token_file."), nil
	}
	e = elai.New(elai.Options{
		BaseURL: cfg.Elai.URL, Token: secrets.ElaiToken, Poll: cfg.Elai.Poll, Limit: cfg.Elai.Timeout,
		Probe: ffmpeg.examineClip, Recognise: tts.Recognise, Sentences: tts.Sentences,
	})
	return avatar.New(cfg.Avatar, builtin.New(), e), e
}

// examineClip looks at a clip that a provider made.
func (l *lateFFmpeg) examineClip(ctx context.Context, path string) (elai.Facts, error) {
	t, err := l.find()
	if err != nil {
		return elai.Facts{}, err
	}
	info, err := t.Probe(ctx, path)
	if err != nil {
		return elai.Facts{}, err
	}
	f := elai.Facts{Duration: info.Duration, Whole: true}
	for _, s := range info.Streams {
		if s.Type != "video" && s.Type != "audio" {
			continue
		}
		if s.Frames > 0 && s.Packets < s.Frames {
			f.Whole = false
		}
		if s.Type == "audio" {
			f.Audio = true
		} else if !f.Video {
			f.Video, f.Width, f.Height = true, s.Width, s.Height
		}
	}
	return f, nil
}

// providers are the routes for the messages of services that sign them: Elai's, where a secret for them was agreed.
func (k *kit) providers() map[string]http.Handler {
	if k.elai == nil || k.secrets.ElaiWebhook == "" {
		return nil
	}
	return map[string]http.Handler{"/webhooks/elai": k.elai.Webhook(k.secrets.ElaiWebhook)}
}

// examineElai asks Elai whether the token works. Without a token there is nothing to say.
func examineElai(ctx context.Context, cfg config.Config) []finding {
	secrets, err := cfg.ReadSecrets(os.Environ())
	f := finding{Name: "Elai", For: "external avatars"}
	if err != nil {
		return []finding{f.missing(err)}
	}
	if secrets.ElaiToken == "" {
		return nil
	}
	_, e := newAvatars(cfg, secrets, &lateFFmpeg{})
	n, err := e.Try(ctx)
	if err != nil {
		f = f.missing(err)
		if lectern.AsFailure(err).Detail != "" && lectern.AsFailure(err).Retryable {
			f.State = "unknown"
		}
		return []finding{f}
	}
	return []finding{f.found(fmt.Sprintf("the token works, %d avatars", n))}
}
