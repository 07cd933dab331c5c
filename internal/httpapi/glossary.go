package httpapi

import "github.com/danielgtaylor/huma/v2"

// glossary says what the shapes of the document are, under "", and what the fields of those are that come from the root
// package, whose types carry no tags for a document.
var glossary = map[string]map[string]string{
	"Amount":     {"": "An amount of money."},
	"Asset":      {"": "An uploaded file. What it has none of is null."},
	"AssetPage":  {"": "A page of assets."},
	"AvatarList": {"": "All avatars."},
	"AvatarView": {"": "A presenter."},
	"Backdrop": {"": "What an avatar stands in front of: a vertical gradient.",
		"top": "Colour at the top, #rrggbb; empty: none.", "bottom": "Colour at the bottom, #rrggbb; empty: none."},
	"BoxInput":     {"": "A place for the avatar."},
	"Checked":      {"": "What would become of a deck."},
	"CheckedSlide": {"": "What would become of one slide."},
	"DeckInput": {"": "A talk to be rendered: slides and settings. Every field may also be written in " +
		"snake_case."},
	"Delivery":         {"": "One message to one address."},
	"DeliveryList":     {"": "A page of deliveries."},
	"Fault":            {"": "One of several faults of a request, or of a run."},
	"File":             {"": "A file that a presentation has left."},
	"Key":              {"": "An API key, without its secret."},
	"KeyList":          {"": "A list of keys."},
	"KeyQuota":         {"": "What a key may have at once and in a day."},
	"KeySecret":        {"": "A key with its secret, which is shown this once."},
	"NewKey":           {"": "A key that is wanted."},
	"NewKeyBounds":     {"": "What a new key may have at once and in a day."},
	"NewWebhook":       {"": "An address that wants to be told."},
	"Presentation":     {"": "A presentation: the job of making a video of a deck. What is not known yet is null."},
	"PresentationFail": {"": "Why a presentation failed."},
	"PresentationPage": {"": "A page of presentations."},
	"Problem":          {"": "Why a request failed, as in RFC 9457."},
	"Size":             {"": "A width and a height.", "width": "In pixels.", "height": "In pixels."},
	"SizeInput":        {"": "A width and a height."},
	"SlideInput": {"": "One page of a deck: a template with props, its narration, and what it does otherwise " +
		"than the deck."},
	"TranslationInput":     {"": "A slide in another language. What it leaves open is the source's."},
	"DeckTranslationInput": {"": "What a deck says besides its slides in another language."},
	"SpokenVoice":          {"": "A voice as it was chosen."},
	"Step":                 {"": "One unit of work that was done, or found done, for a presentation."},
	"StepList":             {"": "The finished steps of all attempts."},
	"Template": {
		"": "What a slide can look like.", "id": "What a slide's template names.", "name": "For people.",
		"description": "For people.",
		"props":       "What it takes.", "sample": "Props that show it at its best.",
	},
	"TemplateList": {"": "All templates."},
	"TemplateProp": {
		"": "One prop of a template.", "name": "As it stands in a slide's props.", "type": "text, list, image, table, code " +
			"or choice.",
		"required": "Whether the slide looks unfinished without it.", "choices": "Of a choice: its values, the default " +
			"first.", "description": "For people.",
	},
	"Theme": {
		"": "The colours of a deck.", "id": "What a deck's theme names.", "name": "For people.",
		"dark": "Whether its ground is dark.", "accent": "#rrggbb.",
		"backdrop": "What the avatar stands in front of.", "ring": "Colour around an inset avatar, #rrggbb.",
	},
	"ThemeList":       {"": "All themes."},
	"TransitionInput": {"": "How one slide gives way to the next."},
	"UploadInput":     {"": "A deck as a form."},
	"VariantView":     {"": "A look of an avatar: other clothes, the same person."},
	"Voice": {
		"": "A voice.", "engine": "What makes it, such as flite.", "id": "Its name within the engine.", "name": "For people.",
		"language": "What it speaks, as BCP 47 has it.", "gender": "female, male or absent.",
	},
	"VoiceInput": {"": "The choice of a voice; what is left out is chosen."},
	"VoiceList":  {"": "All voices."},
	"Warning": {
		"": "What a user should know though the work goes on.", "code": "Stable; programs may compare it.",
		"message": "What it is, in a sentence.",
		"slide":   "Counted from 1; absent: the whole deck.",
		"param":   "Which part of the deck, such as slides[2].props.items; absent: none in particular.",
	},
	"Webhook":       {"": "An address that is told of presentations."},
	"ProviderUsage": {"": "What a presentation has used of one provider."},
	"Usage":         {"": "What a presentation has used."},
	"WebhookList":   {"": "All webhooks."},
	"WebhookSecret": {"": "A webhook with its secret, which is shown this once."},
}

// describeShapes writes the glossary into the document.
func describeShapes(shapes map[string]*huma.Schema) {
	for name, shape := range shapes {
		for field, text := range glossary[name] {
			if field == "" {
				shape.Description = text
			} else if p := shape.Properties[field]; p != nil {
				p.Description = text
			}
		}
	}
}
