package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"lectern/internal/avatar"
	"lectern/internal/avatar/builtin"
	"lectern/internal/config"
	"lectern/internal/retry"
	"lectern/internal/slots"
	"lectern/internal/tts"
	"lectern/internal/tts/espeak"
	"lectern/internal/tts/flite"
	"lectern/internal/usage"
)

// provider is a program or service that provides voices or avatars. Its functions may be nil.
type provider struct {
	name   string     // the prefix of its codes: name:code
	voices tts.Engine // nil: it has no voices
	// its voices are of this machine and report exact times, so recordings are compared with them
	reference bool
	avatars   avatar.Engine // nil: it has no avatars here
	lacking   string        // why it has no avatars here: the message for codes that name it; "": none is needed
	slots     *slots.Slots  // bound the concurrent calls of its engine
	price     usage.Price   // of its voices or avatars; zero: unknown
	close     func() error
	warm      func(ctx context.Context)             // starts early what takes long at first; it does not block
	webhook   http.Handler                          // receives the messages that it signs, at /webhooks/NAME
	doctor    func(ctx context.Context) (f Finding) // examines whether it works here
}

// providers lists all providers, the preferred ones first. To add a provider, add a line here.
func providers(cfg config.Config, secrets config.Secrets, ffmpeg *FFmpeg) []provider {
	return []provider{
		fliteVoices(cfg),
		espeakVoices(cfg),
		{name: "builtin", avatars: builtin.New()},
		elaiAvatars(cfg, secrets, ffmpeg),
	}
}

// voicesOf returns the voices of the providers.
func voicesOf(all []provider) *tts.Catalogue {
	var engines []tts.Engine
	for _, p := range all {
		if p.voices != nil {
			engines = append(engines, p.voices)
		}
	}
	return tts.NewCatalogue(engines...)
}

// widest is how many narrations the voice engine with the most slots speaks at once.
func widest(all []provider) int {
	most := 1
	for _, p := range all {
		if p.voices != nil && p.slots != nil {
			most = max(most, p.slots.Capacity())
		}
	}
	return most
}

// pricesOf returns the prices of the providers that have one.
func pricesOf(all []provider) map[string]usage.Price {
	prices := map[string]usage.Price{}
	for _, p := range all {
		if p.price != (usage.Price{}) {
			prices[p.name] = p.price
		}
	}
	return prices
}

// avatarsOf returns the avatars of the providers.
func avatarsOf(cfg config.Config, all []provider) *avatar.Catalogue {
	var engines []avatar.Engine
	for _, p := range all {
		if p.avatars != nil {
			engines = append(engines, p.avatars)
		}
	}
	c := avatar.New(cfg.Avatar, engines...)
	for _, p := range all {
		if p.lacking != "" {
			c = c.Without(p.name, p.lacking)
		}
	}
	return c
}

// calls says how an engine is called.
type calls struct {
	slots int // concurrent calls
	// tries of a call to a service that is too busy or cannot be reached. 0: the engine runs on this machine, so its calls
	// are not repeated and its list of voices is not cached
	tries int
	price usage.Price // of a million characters; zero: none is known
}

// voiceProvider makes a provider from a voice engine. f is what doctor reports about it, without the result.
func voiceProvider(e tts.Engine, c calls, f Finding) provider {
	p := provider{name: e.Name(), slots: slots.New(e.Name()+" voices", c.slots), price: c.price, close: closer(e),
		doctor: examineVoices(e, f)}
	p.voices = tts.Limited(tts.Metered(e), p.slots)
	if c.tries == 0 {
		return p
	}
	kept := tts.Cached(tts.Retrying(p.voices, retry.Policy{Tries: c.tries}), tts.CacheOptions{})
	p.voices, p.warm = kept, kept.Warm
	p.close = func() error {
		err := kept.Close()
		if own := closer(e); own != nil {
			err = errors.Join(err, own())
		}
		return err
	}
	return p
}

// fliteVoices speak only English. They sound better than espeak's voices.
func fliteVoices(cfg config.Config) provider {
	return voiceProvider(flite.New(flite.Options{Program: cfg.Tools.Flite}), calls{slots: cfg.Voices},
		Finding{Name: "flite", For: "voices, English", Packages: []string{"flite"}})
}

// espeakVoices speak more than a hundred languages.
func espeakVoices(cfg config.Config) provider {
	e := espeak.New(espeak.Options{Command: childOf(espeakChild)})
	p := voiceProvider(e, calls{slots: cfg.Voices}, Finding{Name: "espeak-ng", Needed: true,
		For: "voices, 100+ languages", Packages: []string{"espeak-ng", "libespeak-ng1"}})
	p.reference = true
	return p
}

// examineVoices examines an engine by listing its voices.
func examineVoices(e tts.Engine, f Finding) func(context.Context) Finding {
	return func(ctx context.Context) Finding {
		voices, err := e.Voices(ctx)
		if err != nil {
			return f.missing(err)
		}
		return f.found(fmt.Sprintf("%d voices", len(voices)))
	}
}
