package httpapi

import "github.com/danielgtaylor/huma/v2"

// glossary has the descriptions of the document's schemas, by name: under "" that of the schema, under the name of a
// field that of the field. Only fields of types of the root package are here, because those types have no doc tags.
var glossary = map[string]map[string]string{
	"Amount":     {"": "An amount of money."},
	"Asset":      {"": "An uploaded file. A property that it does not have is null."},
	"AssetPage":  {"": "A page of assets."},
	"AvatarList": {"": "All avatars."},
	"AvatarView": {"": "A presenter."},
	"Backdrop": {"": "What an avatar stands in front of: a vertical gradient.",
		"top": "Colour at the top, #rrggbb; empty: none.", "bottom": "Colour at the bottom, #rrggbb; empty: none."},
	"PageInput":    {"": "A page of a PDF or office file."},
	"StepInput":    {"": "A state of a slide before it is complete."},
	"SoundInput":   {"": "A recorded sound."},
	"BoxInput":     {"": "A place for the avatar, in slide pixels: the shorter side of a slide has 1080."},
	"Checked":      {"": "How a deck would be rendered."},
	"CheckedSlide": {"": "How one slide would be rendered."},
	"DeckInput": {"": "A talk to be rendered: slides and settings. Every field may also be written in " +
		"snake_case."},
	"Delivery":         {"": "One message to one address."},
	"DeliveryList":     {"": "A page of deliveries."},
	"Fault":            {"": "One of several faults of a request, or of a run."},
	"File":             {"": "A file of a completed presentation."},
	"Key":              {"": "An API key, without its secret."},
	"KeyList":          {"": "A list of keys."},
	"KeyQuota":         {"": "What a key may use at once and in a day."},
	"KeySecret":        {"": "A key with its secret, which is shown this once."},
	"NewKey":           {"": "The request for a new key."},
	"NewKeyBounds":     {"": "What a new key may use at once and in a day."},
	"NewWebhook":       {"": "The request to register a webhook."},
	"Presentation":     {"": "A presentation: the job of making a video of a deck. What is not known yet is null."},
	"PresentationFail": {"": "Why a presentation failed."},
	"PresentationPage": {"": "A page of presentations."},
	"Problem":          {"": "Why a request failed, as in RFC 9457."},
	"Report":           {"": "What was made of the slides of a deck's file."},
	"SlideReport": {
		"":       "What was made of one slide of a file.",
		"slide":  "Its number in the video, counted from 1; 0: it is left out.",
		"source": "Its number in the file, counted from 1.", "title": "Its title.",
		"narration": "Where its sound comes from. recorded: a sound in the file. notes: its notes are spoken. silence: " +
			"none; the file says how long the slide stays. none: none; the slide stays for the deck's hold.",
		"why": "The reason, in a sentence.", "remarks": "What differs from the file, and what to look at.",
		"unsaid":    "Texts on the slide that its narration does not have.",
		"alt_texts": "The descriptions of its pictures.",
	},
	"Remark": {"": "One remark about a slide.", "code": "Stable; programs may compare it.",
		"message": "What it is, in a sentence."},
	"Size":      {"": "A width and a height.", "width": "In pixels.", "height": "In pixels."},
	"SizeInput": {"": "A width and a height."},
	"SlideInput": {"": "One page of a deck: a template with props, its narration, and settings that override the " +
		"deck's."},
	"TranslationInput":     {"": "A slide in another language. The fields that it leaves out are the source's."},
	"DeckTranslationInput": {"": "Title and voice of a deck in another language."},
	"SpokenVoice":          {"": "A voice as it was chosen."},
	"Step": {"": "One finished unit of work for a presentation. Its output was made, or found in the " +
		"cache."},
	"StepList": {"": "The finished steps of all attempts."},
	"Template": {
		"": "What a slide can look like.", "id": "The value for template in a slide.", "name": "To be shown to people.",
		"description": "To be shown to people.",
		"props":       "The props that it has.", "sample": "Props that show it at its best.",
	},
	"TemplateList": {"": "All templates."},
	"TemplateProp": {
		"": "One prop of a template.", "name": "Its name in a slide's props.", "type": "text, list, image, table, code " +
			"or choice.",
		"required": "Whether the slide looks unfinished without it.", "choices": "Of a choice: its values, the default " +
			"first.", "description": "To be shown to people.",
	},
	"Theme": {
		"": "The colours of a deck.", "id": "The value for theme in a deck.", "name": "To be shown to people.",
		"dark": "Whether its background is dark.", "accent": "The accent colour, #rrggbb.",
		"backdrop": "What the avatar stands in front of.", "ring": "Colour around an inset avatar, #rrggbb.",
	},
	"ThemeList":       {"": "All themes."},
	"TransitionInput": {"": "How one slide turns into the next."},
	"UploadInput":     {"": "A deck as a form."},
	"VariantView":     {"": "A look of an avatar: other clothes, the same person."},
	"Voice": {
		"": "A voice.", "engine": "The engine that makes it, such as flite.", "id": "Its name within the engine.",
		"name":     "To be shown to people.",
		"language": "What it speaks, as a BCP 47 tag.", "gender": "female, male or absent.",
	},
	"VoiceInput": {"": "The choice of a voice. What it leaves out, the server chooses."},
	"VoiceList":  {"": "All voices."},
	"Warning": {
		"advice": "It is what an editor would say: the video is as the deck asks.",
		"":       "What a user should know, although the work continues.", "code": "Stable; programs may compare it.",
		"message": "What it is, in a sentence.",
		"slide":   "Counted from 1; absent: the whole deck.",
		"param":   "The field of the deck, such as slides[2].props.items; absent: no single one.",
	},
	"Webhook":       {"": "An address that gets messages about presentations."},
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
