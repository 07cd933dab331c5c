package httpapi_test

import (
	"context"
	"fmt"
	"image"
	"image/color"
	"lectern"
	"slices"
	"strings"
)

// checker is a Checker that knows the avatars mikhailo and gia, and three themes.
type checker struct{ panics bool }

func (c checker) Check(_ context.Context, d lectern.Deck) (lectern.Deck, []lectern.Warning, error) {
	if c.panics {
		panic("checker broke")
	}
	d = d.WithDefaults()
	faults := d.Validate(lectern.Limits{})
	if !slices.Contains([]string{"dark-purple", "light-modern", "corporate-blue"}, d.Theme) {
		f := lectern.Fail(lectern.CodeUnknownTheme, "The theme %q is not known.", d.Theme)
		f.Param = "theme"
		faults = append(faults, *f)
	}
	if d.Avatar == "" {
		d.Avatar = "mikhailo"
	}
	name, _, _ := strings.Cut(strings.TrimPrefix(d.Avatar, "elai:"), ".")
	if name != "mikhailo" && name != "gia" {
		f := lectern.Fail(lectern.CodeUnknownAvatar, "The avatar %q is not known; there are \"mikhailo\" and \"gia\".",
			d.Avatar)
		f.Param = "avatar"
		faults = append(faults, *f)
	}
	if len(faults) > 0 {
		return d, nil, lectern.Join(faults)
	}
	var warnings []lectern.Warning
	for i, s := range d.Slides {
		if s.Narration != "" && !strings.HasPrefix(d.Avatar, "elai:") {
			d.Slides[i].Voice = lectern.VoiceChoice{Engine: "flite", ID: "slt", Language: "en-US", Speed: s.Voice.Speed}
		}
		if s.Template == "unheard-of" {
			warnings = append(warnings, lectern.Warning{Code: "unknown_template", Message: "The template is not known; " +
				"content is used.", Slide: i + 1})
		}
	}
	return d, warnings, nil
}

type slides struct{}

func (slides) Page(d lectern.Deck, i int) (lectern.Page, []lectern.Warning, error) {
	p := lectern.Page{HTML: fmt.Sprintf("<h1>%v</h1>", d.Slides[i].Props["title"]), Width: 1920, Height: 1080, Scale: 1}
	if src, ok := d.Slides[i].Props["image"].(string); ok {
		p.Assets, p.Params = []string{src}, map[string]string{src: fmt.Sprintf("slides[%d].props.image", i)}
	}
	return p, nil, nil
}

func (slides) Document(d lectern.Deck) (string, error) {
	return fmt.Sprintf("<html>%d slides, %s, %s</html>", len(d.Slides), d.Theme, d.Layout), nil
}

func (slides) PropKind(_, prop string) string {
	if prop == "code" {
		return "code"
	}
	return "text"
}

func (slides) Templates() []lectern.Template {
	return []lectern.Template{{
		ID: "content", Name: "Content", Description: "A title and text.",
		Props:  []lectern.TemplateProp{{Name: "title", Type: "text", Required: true, Description: "The title."}},
		Sample: map[string]any{"title": "Hello"},
	}}
}

func (slides) Themes() []lectern.Theme {
	return []lectern.Theme{{ID: "dark-purple", Name: "Dark purple", Dark: true, Accent: "#8b5cf6",
		Backdrop: lectern.Backdrop{Top: "#110c35", Bottom: "#000000"}, Ring: "#ffffff"},
		{ID: "light-modern", Name: "Light modern"}}
}

type browser struct{ broken error }

func (b browser) Capture(_ context.Context, p lectern.Page, assets []lectern.Picture) (lectern.Capture, error) {
	if b.broken != nil {
		return lectern.Capture{}, b.broken
	}
	return lectern.Capture{PNG: fmt.Appendf(nil, "\x89PNG\r\n\x1a\n%s %d", p.HTML, len(assets))}, nil
}

type pictures struct{}

func (pictures) Fetch(_ context.Context, url string) (lectern.Picture, error) {
	if strings.Contains(url, "127.0.0.1") {
		return lectern.Picture{}, lectern.Fail(lectern.CodeAssetRefused, "The address %s points into a private network.", url)
	}
	return lectern.Picture{URL: url, ContentType: "image/png", Body: []byte("png")}, nil
}

type voices struct{ broken error }

func (v voices) Voices(context.Context) ([]lectern.Voice, error) {
	return []lectern.Voice{{Engine: "flite", ID: "slt", Name: "Sarah", Language: "en-US", Gender: "female"}}, v.broken
}

type avatars struct{ drawn *int }

func (avatars) Performs(_ context.Context, code string) bool { return strings.HasPrefix(code, "elai:") }

func (avatars) Avatars(context.Context) ([]lectern.Avatar, error) {
	return []lectern.Avatar{
		{Engine: "builtin", Code: "mikhailo", Name: "Mikhailo", Gender: "male",
			Variants: []lectern.AvatarVariant{{Code: "casual", Name: "Casual"}, {Code: "business", Name: "Business"}}},
		{Engine: "builtin", Code: "gia", Name: "Gia", Gender: "female",
			Variants: []lectern.AvatarVariant{{Code: "casual", Name: "Casual"}}},
	}, nil
}

func (a avatars) Portrait(_ context.Context, code string, s lectern.Size) (image.Image, error) {
	if strings.Contains(code, "panic") {
		panic("no such brush")
	}
	if !strings.Contains(code, "mikhailo") && !strings.Contains(code, "gia") {
		return nil, lectern.Fail(lectern.CodeUnknownAvatar, "The avatar %q is not known.", code)
	}
	if a.drawn != nil {
		*a.drawn++
	}
	img := image.NewRGBA(image.Rect(0, 0, s.Width, s.Height))
	img.Set(0, 0, color.RGBA{200, 100, 50, 255})
	return img, nil
}
