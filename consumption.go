package lectern

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"time"
)

// Consumption is what a presentation has used. In responses and in the database it is the JSON field usage, with
// video_minutes, cpu_seconds and providers.
type Consumption struct {
	Video     time.Duration // length of its finished video
	CPU       time.Duration // processor time
	Providers []ProviderUse // in the order of their names
}

// ProviderUse is what a presentation has used of one provider of voices or avatars, at prices in one currency.
type ProviderUse struct {
	Provider   string        // the engine, such as "flite"
	Characters int64         // spoken by a voice
	Avatar     time.Duration // of clips that an avatar service made
	// Cost is in millionths of Currency. Where the operator has set no price, Currency is "" and Cost is 0.
	Cost     int64
	Currency string
}

// consumptionJSON is the JSON form of a Consumption. Minutes and seconds are not rounded, so that decoding returns the
// same Consumption.
type consumptionJSON struct {
	VideoMinutes float64           `json:"video_minutes"`
	CPUSeconds   float64           `json:"cpu_seconds"`
	Providers    []providerUseJSON `json:"providers"`
}

type providerUseJSON struct {
	Provider      string      `json:"provider"`
	Characters    int64       `json:"characters,omitempty"`
	AvatarSeconds float64     `json:"avatar_seconds,omitempty"`
	Price         *amountJSON `json:"price,omitempty"`
}

type amountJSON struct {
	Amount   float64 `json:"amount"`
	Currency string  `json:"currency"`
}

// MarshalJSON implements json.Marshaler.
func (c Consumption) MarshalJSON() ([]byte, error) {
	v := consumptionJSON{c.Video.Minutes(), c.CPU.Seconds(), []providerUseJSON{}}
	for _, p := range c.Providers {
		u := providerUseJSON{Provider: p.Provider, Characters: p.Characters, AvatarSeconds: p.Avatar.Seconds()}
		if p.Currency != "" {
			u.Price = &amountJSON{float64(p.Cost) / 1e6, p.Currency}
		}
		v.Providers = append(v.Providers, u)
	}
	return json.Marshal(v)
}

// UnmarshalJSON implements json.Unmarshaler.
func (c *Consumption) UnmarshalJSON(b []byte) error {
	var v consumptionJSON
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*c = Consumption{Video: times(v.VideoMinutes, time.Minute), CPU: times(v.CPUSeconds, time.Second)}
	for _, u := range v.Providers {
		p := ProviderUse{Provider: u.Provider, Characters: u.Characters, Avatar: times(u.AvatarSeconds, time.Second)}
		if u.Price != nil {
			p.Cost, p.Currency = int64(math.Round(u.Price.Amount*1e6)), u.Price.Currency
		}
		c.Providers = append(c.Providers, p)
	}
	return nil
}

func times(n float64, unit time.Duration) time.Duration {
	return time.Duration(math.Round(n * float64(unit)))
}

// IsZero reports whether nothing was used.
func (c Consumption) IsZero() bool { return c.Video == 0 && c.CPU == 0 && len(c.Providers) == 0 }

// Plus adds what was used by something else, such as another attempt.
func (c Consumption) Plus(d Consumption) Consumption {
	c.Video, c.CPU = c.Video+d.Video, c.CPU+d.CPU
	return c.join(d, func(a, b int64) int64 { return a + b })
}

// Max takes the larger value of each figure. It joins two reports of one attempt, whose figures never decrease.
func (c Consumption) Max(d Consumption) Consumption {
	c.Video, c.CPU = max(c.Video, d.Video), max(c.CPU, d.CPU)
	return c.join(d, func(a, b int64) int64 { return max(a, b) })
}

// join merges the providers of d into those of c, in the order of their names and currencies. It changes neither list.
func (c Consumption) join(d Consumption, merge func(a, b int64) int64) Consumption {
	if len(d.Providers) == 0 {
		return c
	}
	list := slices.Clone(c.Providers)
	for _, p := range d.Providers {
		at, found := slices.BinarySearchFunc(list, p, ProviderUse.compare)
		if !found {
			list = slices.Insert(list, at, p)
			continue
		}
		have := &list[at]
		have.Characters = merge(have.Characters, p.Characters)
		have.Avatar = time.Duration(merge(int64(have.Avatar), int64(p.Avatar)))
		have.Cost = merge(have.Cost, p.Cost)
	}
	c.Providers = list
	return c
}

func (p ProviderUse) compare(q ProviderUse) int {
	return cmp.Or(cmp.Compare(p.Provider, q.Provider), cmp.Compare(p.Currency, q.Currency))
}

// equal reports whether nothing differs.
func (c Consumption) equal(d Consumption) bool {
	return c.Video == d.Video && c.CPU == d.CPU && slices.Equal(c.Providers, d.Providers)
}
