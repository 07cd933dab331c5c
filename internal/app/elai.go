package app

import (
	"context"
	"fmt"

	"lectern"
	"lectern/internal/avatar"
	"lectern/internal/avatar/elai"
	"lectern/internal/config"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
)

// elaiAvatars is the provider of the service Elai's avatars. Without a token it has none.
func elaiAvatars(cfg config.Config, secrets config.Secrets, ffmpeg *FFmpeg) provider {
	if secrets.ElaiToken == "" {
		return provider{name: elai.Name, lacking: "Avatars of Elai need an API token: set " + config.ElaiTokenVariable +
			", or name a file that holds it with elai.token_file."}
	}
	e := elai.New(elai.Options{
		BaseURL: cfg.Elai.URL, Token: secrets.ElaiToken, Poll: cfg.Elai.Poll, Limit: cfg.Elai.Timeout, Tries: cfg.Elai.Tries,
		Probe: ffmpeg.examineClip, Recognise: tts.Recognise, Sentences: tts.Sentences,
	})
	renders := slots.New(elai.Name+" avatars", cfg.Elai.Concurrency)
	again := retry.Policy{Tries: cfg.Elai.Tries, Patience: cfg.Elai.Timeout}
	p := provider{name: elai.Name, avatars: avatar.Retrying(avatar.Limited(e, renders), again), slots: renders,
		close:  e.Close,
		warm:   e.Warm,
		doctor: func(ctx context.Context) Finding { return examineElai(ctx, e) }}
	p.price.Micros, p.price.Currency = cfg.Elai.Price.Amount()
	if secrets.ElaiWebhook != "" {
		p.webhook = e.Webhook(secrets.ElaiWebhook)
	}
	return p
}

// examineClip reads which streams a clip has, and whether it is complete.
func (f *FFmpeg) examineClip(ctx context.Context, path string) (elai.Facts, error) {
	t, err := f.Find()
	if err != nil {
		return elai.Facts{}, err
	}
	info, err := t.Probe(ctx, path)
	if err != nil {
		return elai.Facts{}, err
	}
	facts := elai.Facts{Duration: info.Duration, Whole: true}
	for _, s := range info.Streams {
		if s.Type != "video" && s.Type != "audio" {
			continue
		}
		if s.Frames > 0 && s.Packets < s.Frames {
			facts.Whole = false
		}
		if s.Type == "audio" {
			facts.Audio = true
		} else if !facts.Video {
			facts.Video, facts.Width, facts.Height = true, s.Width, s.Height
		}
	}
	return facts, nil
}

// examineElai tests the token with a request to Elai.
func examineElai(ctx context.Context, e *elai.Engine) Finding {
	f := Finding{Name: "Elai", For: "external avatars"}
	n, err := e.Try(ctx)
	if err != nil {
		f = f.missing(err)
		if failure := lectern.AsFailure(err); failure.Detail != "" && failure.Retryable {
			f.State = Unknown
		}
		return f
	}
	return f.found(fmt.Sprintf("the token works, %d avatars", n))
}
