package httpapi

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"lectern/internal/deck"
)

// DeckInput documents the fields of a deck; package deck/form parses them.
type DeckInput struct {
	Title       string            `json:"title,omitempty" maxLength:"1000" doc:"Alias: projectName."`
	Slides      []SlideInput      `json:"slides" minItems:"1" doc:"Alias: slidesData."`
	SlideURL    string            `json:"slideUrl,omitempty" doc:"Instead of slides: the address of one picture."`
	Theme       string            `json:"theme,omitempty" default:"dark-purple" example:"light-modern" doc:"An id of GET /v1/themes."`
	Layout      string            `json:"layout,omitempty" enum:"picture_in_picture,side_by_side,split_screen,slide_only" default:"picture_in_picture" doc:"The avatar's place: in a corner of the slide, beside the slide, in a half of its own, or nowhere."`
	SlideOnly   bool              `json:"slideOnly,omitempty" doc:"No avatar, whatever the layout."`
	Avatar      string            `json:"avatar,omitempty" example:"gia.casual" doc:"name, name.variant or engine:name.variant. Default: the server's. Alias: avatarCode."`
	KeyAvatar   bool              `json:"keyAvatar,omitempty" default:"true" doc:"Cut an avatar that speaks itself (Elai) out of its background. false: it is shown in front of the slide's background colour. Built-in avatars have no background of their own. Alias: useAvatarMask."`
	Voice       *VoiceInput       `json:"voice,omitempty" doc:"Default: chosen from the narration's language. Aliases: voiceId, voiceProvider."`
	Voiceovers  []string          `json:"voiceoverTexts,omitempty" doc:"Narrations by slide, for slides that have none of their own."`
	Preset      string            `json:"preset,omitempty" enum:"draft,standard,high,4k" default:"high" doc:"Size and quality by one name: draft is 720p and low, standard 1080p and medium, high 1080p and high, 4k 2160p and high. The fields size and quality override it."`
	Size        *SizeInput        `json:"size,omitempty" doc:"Of the video; both numbers even. Default: the preset's, 1920×1080. Alias: resolution, which may also be [1920,1080], 1920x1080 or 720p."`
	Aspect      string            `json:"aspect,omitempty" pattern:"^[1-9][0-9]*:[1-9][0-9]*$" example:"4:3" doc:"The shape of the video, instead of a size: width and height. Pages of another shape are padded."`
	FrameRate   int               `json:"frameRate,omitempty" enum:"24,25,30,50,60" default:"30" doc:"Frames per second."`
	Quality     string            `json:"quality,omitempty" enum:"high,medium,low" doc:"How much effort and how many bits the video gets; low is the fastest. Default: the preset's."`
	Hold        float64           `json:"hold,omitempty" default:"3" minimum:"0" doc:"Seconds for which a slide without narration stays; /api/custom has 30 as its default. Alias: duration."`
	Subtitles   string            `json:"subtitles,omitempty" enum:"on,off" doc:"Whether players show the video's subtitle track unless its viewer turns it off. true and false are accepted too. Default: the server's setting subtitles, off."`
	Steps       bool              `json:"steps,omitempty" default:"false" doc:"Show slides step by step, where they have steps or their file has animations by which something appears. Without it a slide is shown as it is in the end."`
	Transitions []TransitionInput `json:"transitions,omitempty" doc:"The first is between slides 1 and 2; missing ones are cuts."`
	Metadata    map[string]string `json:"metadata,omitempty" doc:"Returned unchanged."`
	CallbackURL string            `json:"callbackUrl,omitempty" maxLength:"2048" example:"https://example.com/hooks/lectern" doc:"An http or https address that gets a message at every milestone."`

	Language   string                          `json:"language,omitempty" example:"en" doc:"What the deck is written in, as a BCP 47 tag. The query parameter language selects the language to render."`
	Variables  map[string]string               `json:"variables,omitempty" doc:"The values for {{name}} in title, narrations and props, as plain text. A name without a value is a fault."`
	Translated map[string]DeckTranslationInput `json:"translations,omitempty" doc:"Title and voice of the deck in other languages, by language."`
}

// UploadInput documents the form of an upload.
type UploadInput struct {
	Deck        string            `json:"deck" contentEncoding:"binary" doc:"The file. Its Content-Type or the ending of its name says what the deck is written in; JSON if neither does."`
	Settings    string            `json:"settings,omitempty" doc:"An object, in JSON or in the format of the deck, whose fields override the deck's; it has no slides. It may also have narration (recorded, notes or none: what is heard), and for a PDF notes, the text of a file of notes."`
	Language    string            `json:"language,omitempty" example:"de" doc:"The language to render, as in the query."`
	Slides      string            `json:"slides,omitempty" maxLength:"1000" example:"3-7,12" doc:"The slides to render, as in the query."`
	Variables   map[string]string `json:"variables,omitempty" doc:"A JSON object of values, which override the deck's values of the same names."`
	Password    string            `json:"password,omitempty" maxLength:"512" format:"password" doc:"That of a protected PDF. It is kept encrypted until the file is imported, then erased; a retry after that may need the deck again."`
	CallbackURL string            `json:"callback_url,omitempty" maxLength:"2048" doc:"As callbackUrl of a deck, which it overrides."`
	File        []string          `json:"file,omitempty" contentEncoding:"binary" doc:"Files that the deck names by path, such as pictures/fjord.png: one part for each, whose filename is the path relative to the deck. They become assets."`
	Files       map[string]string `json:"files,omitempty" doc:"Existing assets for files that the deck names: the address of each, by path." example:"{\"pictures/fjord.png\":\"asset:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae\"}"`
}

// SlideInput documents a slide.
type SlideInput struct {
	ID         string         `json:"id,omitempty" doc:"Alias: slideId."`
	Template   string         `json:"template,omitempty" example:"content" doc:"An id of GET /v1/templates; an unknown one is a fault, in /api/custom a warning. Default: content. Alias: templateId."`
	Page       *PageInput     `json:"page,omitempty" doc:"The page of a file that the slide shows in place of a template."`
	Props      map[string]any `json:"props,omitempty" doc:"The props of the template. They may also be fields of the slide itself."`
	Steps      []StepInput    `json:"steps,omitempty" maxItems:"20" doc:"The states of the slide before it is complete. Each is shown until its click, a mark [click] of the narration. The deck's field steps asks for them. A list of other values is a prop."`
	Narration  string         `json:"narration,omitempty" doc:"What is said. Aliases: voiceoverText, also inside props."`
	Sound      *SoundInput    `json:"sound,omitempty" doc:"A recorded sound in place of a voice. The slide stays for at least its hold."`
	Section    string         `json:"section,omitempty" doc:"The section of the deck that the slide belongs to. Slides of one section that follow one another are one chapter of the video; any other slide is a chapter of its own."`
	Hold       float64        `json:"hold,omitempty" minimum:"0" doc:"Seconds for which this slide stays if it has no narration. Default: the deck's. Alias: duration, if it is a number."`
	AvatarBox  *BoxInput      `json:"avatarPosition,omitempty" doc:"The avatar's place on this slide, in slide pixels: the shorter side of a slide has 1080."`
	Background string         `json:"elaiBackgroundColor,omitempty" example:"#4868ff" doc:"Colour behind the avatar."`
	Voice      *VoiceInput    `json:"voice,omitempty" doc:"Overrides the deck's."`

	Translations map[string]TranslationInput `json:"translations,omitempty" doc:"The slide in other languages."`
}

// PageInput documents a page of a file.
type PageInput struct {
	File string `json:"file" example:"handout.pdf" doc:"A PDF or office file: an asset, or the path of a file next to the deck."`
	Page int    `json:"page,omitempty" minimum:"1" maximum:"10000" default:"1" doc:"Counted from 1; in an office file over the slides that are shown."`
}

// StepInput documents a state of a slide before it is complete.
type StepInput struct {
	Page   int      `json:"page,omitempty" minimum:"1" maximum:"10000" doc:"The page of the slide's file that shows the state. Default: the slide's own page."`
	Ahead  int      `json:"ahead,omitempty" minimum:"1" maximum:"20" doc:"How many clicks of an animated page of an office file are still to come."`
	Hidden []string `json:"hidden,omitempty" maxItems:"500" example:"[\"items-2\"]" doc:"Of a slide with a template: the ids of the elements that are not shown yet."`
	Until  int      `json:"until,omitempty" minimum:"1" maximum:"1000" doc:"The number of the click that ends the state. Default: the one after that of the step before."`
}

// SoundInput documents a recorded sound.
type SoundInput struct {
	File  string  `json:"file" example:"one.m4a" doc:"An asset, or the path of a file next to the deck."`
	Start float64 `json:"start,omitempty" minimum:"0" doc:"Seconds that are left out at the beginning."`
	End   float64 `json:"end,omitempty" minimum:"0" doc:"The second after which the rest is left out. Default: the end of the file."`
}

// TranslationInput documents a slide in another language.
type TranslationInput struct {
	Narration string            `json:"narration,omitempty" doc:"What is said. A slide with a narration needs it in each language that is rendered."`
	Props     map[string]any    `json:"props,omitempty" doc:"They replace the slide's props of the same names, also pictures and their alternative texts; a list is replaced as a whole."`
	Section   string            `json:"section,omitempty" doc:"Instead of the slide's."`
	Voice     *VoiceInput       `json:"voice,omitempty" doc:"Instead of the slide's."`
	Revisions map[string]string `json:"revisions,omitempty" doc:"By field, such as narration or props.title: the revision of the source that it was translated from. If the source has another revision now, that is a warning."`
}

// DeckTranslationInput documents the title and voice of a deck in another language.
type DeckTranslationInput struct {
	Title     string            `json:"title,omitempty" doc:"The deck's title."`
	Voice     *VoiceInput       `json:"voice,omitempty" doc:"Instead of the deck's. Default: the best of the language."`
	Revisions map[string]string `json:"revisions,omitempty" doc:"By field: title."`
}

// BoxInput documents a place for the avatar.
type BoxInput struct {
	X               float64 `json:"x" doc:"The left edge."`
	Y               float64 `json:"y" doc:"The upper edge."`
	Width           float64 `json:"width,omitempty" doc:"Default: from the layout."`
	Height          float64 `json:"height,omitempty" doc:"Default: from the layout."`
	BackgroundColor string  `json:"backgroundColor,omitempty" example:"#4868ff" doc:"Colour behind the avatar."`
}

// VoiceInput documents the choice of a voice.
type VoiceInput struct {
	Engine   string  `json:"engine,omitempty" example:"flite" doc:"Default: the preferred engine that speaks the language."`
	ID       string  `json:"id,omitempty" example:"slt" doc:"Its name within the engine. Default: the engine's best for the language."`
	Language string  `json:"language,omitempty" example:"en-US" doc:"A BCP 47 tag. Default: recognised from the text."`
	Gender   string  `json:"gender,omitempty" enum:"female,male" doc:"The preferred gender, if no id is given. Default: the avatar's."`
	Speed    float64 `json:"speed,omitempty" minimum:"0.25" maximum:"4" default:"1" doc:"1 is natural, 2 twice as fast."`
}

// SizeInput documents a size.
type SizeInput struct {
	Width  int `json:"width" example:"1920" doc:"In pixels, even."`
	Height int `json:"height" example:"1080" doc:"In pixels, even."`
}

// TransitionInput documents a transition.
type TransitionInput struct {
	Type     string  `json:"type" example:"fade" doc:"none, which is a cut, or the name of an xfade of ffmpeg: fade, dissolve, wipeleft …"`
	Duration float64 `json:"duration,omitempty" minimum:"0" maximum:"5" default:"0.5" doc:"In seconds."`
}

// exampleDeck is the deck that the documentation shows.
var exampleDeck = json.RawMessage(`{
  "title": "Welcome",
  "theme": "dark-purple",
  "avatar": "mikhailo",
  "slides": [
    {
      "template": "title",
      "props": {"title": "Hello"},
      "narration": "Hello, and welcome."
    },
    {
      "template": "bullet-points",
      "props": {"title": "Today", "items": ["What it is", "How it works"]},
      "narration": "Two things today."
    }
  ],
  "transitions": [{"type": "fade", "duration": 0.5}]
}`)

// describeChecked documents the answers to a create and to a dry run.
func (f *v1Operations) describeChecked(o *huma.Operation) {
	registry := f.api.OpenAPI().Components.Schemas
	o.Responses["200"] = &huma.Response{
		Description: "The answer to a dry run: the deck has no faults.",
		Content: map[string]*huma.MediaType{"application/json": {Schema: registry.Schema(reflect.TypeFor[Checked](), true,
			"Checked")}},
	}
	o.Responses["202"].Description = "The presentation, which is queued, or the one that the same request created before."
	o.Responses["202"].Headers = map[string]*huma.Param{
		"Location": {Schema: &huma.Schema{Type: "string"}, Description: "Path of the presentation."},
		"Idempotent-Replayed": {Schema: &huma.Schema{Type: "string"}, Description: "true: the same request with the same " +
			"Idempotency-Key created this presentation before."},
	}
	addRateLimits(o.Responses["202"].Headers)
}

// describeDeck documents the body of a create. It must run after the operation is registered: huma would otherwise
// parse the body itself, validate it by the schema, which knows no aliases, and answer with its own messages.
func describeDeck(doc *huma.OpenAPI, kinds []deck.Kind) {
	registry := doc.Components.Schemas
	schema := registry.Schema(reflect.TypeFor[DeckInput](), true, "Deck")
	doc.Paths["/v1/presentations"].Post.RequestBody = &huma.RequestBody{
		Required: true, Description: "A deck. Every field may also be written in snake_case.",
		Content: map[string]*huma.MediaType{
			"multipart/form-data": {Schema: registry.Schema(reflect.TypeFor[UploadInput](), true, "Upload")},
		},
	}
	for _, k := range kinds {
		body := &huma.MediaType{Schema: schema}
		if k.Binary {
			body.Schema = &huma.Schema{Type: "string", Format: "binary"}
		}
		if k.MediaTypes[0] == "application/json" {
			body.Example = exampleDeck
		}
		doc.Paths["/v1/presentations"].Post.RequestBody.Content[k.MediaTypes[0]] = body
	}
	for _, t := range []reflect.Type{reflect.TypeFor[DeckInput](), reflect.TypeFor[SlideInput](),
		reflect.TypeFor[BoxInput](), reflect.TypeFor[PageInput](), reflect.TypeFor[SoundInput](),
		reflect.TypeFor[VoiceInput](), reflect.TypeFor[TranslationInput]()} {
		s := registry.SchemaFromRef(registry.Schema(t, true, "").Ref)
		s.AdditionalProperties = true // aliases, and props that stand directly on a slide
	}
}
