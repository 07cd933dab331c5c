package schema

import (
	"lectern"
)

// Kinds of fields.
func words(description string, most int) node {
	return node{"type": "string", "description": description, "maxLength": most}
}

func text(description string) node { return node{"type": "string", "description": description} }

func flag(description string) node { return node{"type": "boolean", "description": description} }

func choice[T ~string](description string, values []T) node {
	return node{"type": "string", "description": description, "enum": values}
}

func number(description string) node { return node{"type": "number", "description": description} }

func whole(description string) node { return node{"type": "integer", "description": description} }

// defined names an object of the definitions.
func defined(name, description string) node {
	return node{"$ref": "#/$defs/" + name, "description": description}
}

// either is a value of one of several kinds.
func either(description string, kinds ...node) node {
	return node{"description": description, "anyOf": kinds}
}

func named(description string, values node) node {
	return node{"type": "object", "description": description, "additionalProperties": values}
}

// languageTags matches language tags as decks write them, with hyphens or underscores.
const languageTags = `^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,6}$`

func byLanguage(description, of string) node {
	return named(description, node{"anyOf": []node{{"$ref": "#/$defs/" + of}, {"type": "null"}}}).
		with("propertyNames", node{"pattern": languageTags, "maxLength": lectern.MaxLanguage}).
		with("maxProperties", lectern.MaxLanguages)
}

const (
	// colours matches #rgb, #rrggbb, #rrggbbaa, rgb(r, g, b), transparent and none.
	colours = `^\s*(#([0-9A-Fa-f]{3}|[0-9A-Fa-f]{6}|[0-9A-Fa-f]{8})|[rR][gG][bB]\(\s*\d{1,3}\s*(,\s*\d{1,3}\s*){2}\)|` +
		`[tT]ransparent|[nN]one)\s*$`
	variableNames = `^[A-Za-z_][A-Za-z0-9_.-]*$`
	// times matches seconds, m:ss and h:mm:ss.
	times = `^\s*\d+(:\d{2}){0,2}([.,]\d+)?\s*$`
	// aspects matches a shape such as 16:9.
	aspects = `^\s*0*[1-9]\d{0,3}\s*:\s*0*[1-9]\d{0,3}\s*$`
	// sizes matches 1920x1080 and the names of resolutions.
	sizes = `^\s*(\d+\s*[xX×]\s*\d+|480p|720p|1080p|1440p|2160p|4k)\s*$`
)

func colour(description string) node {
	return text(description).with("pattern", colours).with("examples", []string{"#1a2b3c"})
}

// hold is how long a slide stays, in seconds.
func (s schema) hold(description string) node {
	return number(description).with("exclusiveMinimum", 0).with("maximum", s.limits.MaxHoldSeconds)
}

func (s schema) narration(description string) node {
	return words(description, s.limits.NarrationBytes)
}

func voice(description string) node {
	return either(description, node{"type": "string", "maxLength": lectern.MaxName},
		node{"$ref": "#/$defs/voice"})
}

// deck describes the fields of a deck.
func (s schema) deck() map[string]node {
	joined := lectern.TransitionTypes()
	return map[string]node{
		"title":    words("The title of the talk. Default: the title of the first slide.", lectern.MaxTitle),
		"language": text("What the deck is written in: a BCP 47 tag, such as en or pt-BR.").with("pattern", languageTags),
		"theme": words("The id of a theme; `lectern templates` lists them.", lectern.MaxName).
			with("default", lectern.DefaultTheme),
		"aspect": text("The shape of the video, in place of a size: width and height.").
			with("pattern", aspects).with("examples", []string{"16:9", "9:16", "1:1", "4:3"}),
		"size": either("The size of the video in pixels, both even: an object, a list of two numbers, 1920x1080 or 1080p. "+
			"Default: that of the preset.",
			node{"$ref": "#/$defs/size"},
			node{"type": "array", "minItems": 2, "maxItems": 2, "items": s.side("")},
			node{"type": "string", "pattern": sizes}).with("default", []int{lectern.DefaultSize().Width,
			lectern.DefaultSize().Height}),
		"preset": choice("Size and quality by one name: draft is 720p and low, standard 1080p and medium, high 1080p and "+
			"high, 4k 2160p and high. The fields size and quality override it.", lectern.Presets()).
			with("default", lectern.PresetHigh),
		"frameRate": node{"description": "Frames a second.", "enum": lectern.FrameRates(),
			"default": lectern.DefaultFrameRate},
		"quality": choice("How much effort and how many bits the video gets; low is the fastest. Default: that of the "+
			"preset.", lectern.Qualities()),
		"layout": choice("The place of the avatar: in a corner of the slide, beside the slide, in a half of its own, or "+
			"nowhere.", lectern.Layouts()).with("default", lectern.LayoutPictureInPicture),
		"corner": choice("The corner of the avatar in the layout picture_in_picture. auto is the one in which the pages of "+
			"the deck show least; it is the default of a deck with pages that has no layout. The default of other decks is "+
			"bottom_right.", append(lectern.Corners(), lectern.CornerAuto)),
		"slideOnly": flag("No avatar, whatever the layout."),
		"avatar": words("name, name.variant or engine:name.variant; \"none\" is no avatar. `lectern avatars` lists them. "+
			"Default: that of the settings.", lectern.MaxName).with("examples", []string{"gia.casual"}),
		"keyAvatar": flag("Cut an avatar that speaks itself out of its background.").with("default", true),
		"voice": voice("The voice: its id, or an object. `lectern voices` lists them. Default: chosen by the language of " +
			"the narration."),
		"voiceId":       words("The id of the voice, as voice.id.", lectern.MaxName),
		"voiceProvider": words("The engine of the voice, as voice.engine.", lectern.MaxName),
		"hold": s.hold("Seconds for which a slide without a narration stays.").
			with("default", lectern.DefaultHold.Seconds()),
		"subtitles": either("Whether players show the subtitle track by default: on or off. Default: that of the settings.",
			node{"enum": []lectern.Subtitles{lectern.SubtitlesOn, lectern.SubtitlesOff}}, node{"type": "boolean"}),
		"steps": flag("Show slides step by step, where they have steps. Without it a slide is shown as it is in the end.").
			with("default", false),
		"transitions": node{"type": "array", "description": "The first is between slides 1 and 2; missing ones are cuts.",
			"maxItems": s.limits.Slides, "items": either("A transition: an object, or its type alone. null is a cut.",
				node{"$ref": "#/$defs/transition"}, node{"enum": append(joined, "", "cut")}, node{"type": "null"})},
		"metadata": named("Texts of your own, which are returned unchanged.",
			node{"type": "string", "maxLength": lectern.MaxMetadataLen}).
			with("propertyNames", node{"maxLength": lectern.MaxName}).with("maxProperties", lectern.MaxMetadata),
		"variables": named("The values of {{name}} in title, narrations and props, as plain text.",
			node{"type": []string{"string", "number"}, "maxLength": lectern.MaxVariableLen}).
			with("propertyNames", node{"pattern": variableNames, "maxLength": lectern.MaxName}).
			with("maxProperties", lectern.MaxVariables),
		"translations": byLanguage("Title and voice of the deck in other languages, by language.", "deckTranslation"),
		"recording": defined("recording", "One recorded sound of the whole talk, in place of voices. Each slide plays its "+
			"part of it; the narrations are what it says."),
		"callbackUrl": text("An http or https address that gets a message at every milestone. Only a server uses it."),
		"slides": node{"type": "array", "description": "The slides, in their order.", "minItems": 1,
			"maxItems": s.limits.Slides, "items": node{"$ref": "#/$defs/slide"}},
		"slideUrl": text("In place of slides: the address of one picture."),
		"voiceoverTexts": either("Narrations by slide, for slides that have none of their own.",
			node{"type": "array", "items": node{"type": []string{"string", "null"}}}, node{"type": "string"}),
	}
}

// side is the length of a side of a video.
func (s schema) side(description string) node {
	n := node{"type": "integer", "minimum": s.limits.MinSide, "maximum": s.limits.MaxSide, "multipleOf": 2}
	if description != "" {
		n["description"] = description
	}
	return n
}

// slide describes the fields of a slide.
func (s schema) slide() map[string]node {
	return map[string]node{
		"id": node{"type": []string{"string", "number"}, "maxLength": lectern.MaxName,
			"description": "A name of your own, which stays when slides are moved."},
		"template": words("The id of a template; `lectern templates` lists them with their props. Default: image for a "+
			"slide with only a picture, else content.", lectern.MaxName).with("default", lectern.DefaultTemplate),
		"props": defined("props", "The texts, lists and pictures of the template. They may also be fields of the slide "+
			"itself."),
		"narration": s.narration("What is said, with marks such as [pause 2s] and *emphasis*. Without it the slide is " +
			"silent."),
		"hold":    s.slideHold(),
		"voice":   voice("The voice of this slide; it overrides that of the deck."),
		"voiceId": words("The id of the voice, as voice.id.", lectern.MaxName),

		"voiceProvider": words("The engine of the voice, as voice.engine.", lectern.MaxName),
		"page": either("The page of a PDF or of an office file that the slide shows in place of a template.",
			node{"$ref": "#/$defs/page"}, notAnObject()),
		"steps": either("The states of the slide before it is complete. Each is shown until its click: a mark [click] of "+
			"the narration. The deck's field steps asks for them. A list of other values is a prop.",
			node{"type": "array", "maxItems": lectern.MaxSteps, "items": node{"$ref": "#/$defs/step"}}, anything()),
		"sound": either("A recorded narration, in place of a voice.", node{"$ref": "#/$defs/sound"}, notAnObject()),
		"section": either("The section that the slide belongs to. Slides of one section that follow one another are one "+
			"chapter of the video.", node{"type": "string", "maxLength": lectern.MaxTitle}, notAText()),
		"avatarBox": defined("avatarBox",
			"The avatar's place on this slide, in slide pixels: the shorter side of a slide has 1080."),
		"avatarBackground": colour("The colour behind the avatar."),
		"background":       node{"description": "The colour behind the avatar, if it is a colour; else a prop."},
		"positions": named("Places of elements of the slide, by their ids, in slide pixels.",
			node{"$ref": "#/$defs/point"}).with("maxProperties", lectern.MaxPositions),
		"metadata":     defined("slideMetadata", "Places of elements, as editors write them: in pixels of their canvas."),
		"translations": byLanguage("The slide in other languages, by language.", "translation"),
	}
}

// notAnObject is a value of a field that is then a prop.
func notAnObject() node {
	return node{"type": []string{"string", "number", "boolean", "array", "null"}}
}

// notAText is a value of a field that is then a prop.
func notAText() node {
	return node{"type": []string{"object", "number", "boolean", "array", "null"}}
}

// step describes a state of a slide before it is complete.
func step() map[string]node {
	return map[string]node{
		"page": whole("The page of the slide's file that shows the state. Default: the slide's own page.").
			with("minimum", 1).with("maximum", lectern.MaxPage),
		"ahead": whole("How many clicks of an animated page of an office file are still to come. Default: none.").
			with("minimum", 1).with("maximum", lectern.MaxSteps),
		"hidden": node{"type": "array", "description": "The ids of the elements of a template that are not shown yet.",
			"maxItems": lectern.MaxHidden, "items": node{"type": "string", "maxLength": lectern.MaxName}},
		"until": whole("The number of the click that ends the state. Default: the one after that of the step before.").
			with("minimum", 1).with("maximum", lectern.MaxClick),
	}
}

// anything is any value.
func anything() node {
	return node{"type": []string{"array", "object", "string", "number", "boolean", "null"}}
}

// slideHold is how long a slide stays.
func (s schema) slideHold() node {
	return either("Seconds for which this slide stays if it has no narration. Default: that of the deck.",
		node{"type": "number", "exclusiveMinimum": 0, "maximum": max(float64(s.limits.MaxHoldSeconds),
			lectern.MaxPause.Seconds())})
}

// objects describes the objects inside a deck, by the names of their definitions.
func (s schema) objects() map[string]object {
	point := map[string]node{"x": place("From the left edge."), "y": place("From the upper edge.")}
	return map[string]object{
		"slide": {"slides[0]", s.slide(), true},
		"props": {"slides[0].props", map[string]node{
			"narration": s.narration("What is said, if the slide itself does not say it."),
		}, true},
		"voice": {"voice", map[string]node{
			"engine": words("Default: the preferred engine that speaks the language.", lectern.MaxName),
			"id": words("The name of the voice within its engine. Default: the best of the engine for the language.",
				lectern.MaxName),
			"language": words("A BCP 47 tag. Default: recognised from the text.", lectern.MaxName),
			"gender": choice("The preferred gender, if no id is given. Default: that of the avatar.",
				[]string{"female", "male"}),
			"speed": number("1 is natural, 2 twice as fast.").with("minimum", lectern.MinSpeed).
				with("maximum", lectern.MaxSpeed).with("default", 1),
		}, false},
		"size": {"size", map[string]node{"width": s.side("In pixels, even."), "height": s.side("In pixels, even.")}, false},
		"transition": {"transitions[0]", map[string]node{
			"type": choice("none, which is a cut, or the name of a transition of ffmpeg's filter xfade.",
				append(lectern.TransitionTypes(), "", "cut")).with("default", lectern.TransitionNone),
			"duration": number("In seconds.").with("minimum", 0).with("maximum", lectern.MaxTransition.Seconds()).
				with("default", lectern.DefaultTransition.Seconds()),
		}, false},
		"page": {"slides[0].page", map[string]node{
			"file": words("A PDF or an office file: its path next to the deck, or asset: and its SHA-256.", lectern.MaxPath),
			"page": whole("The number of the page.").with("minimum", 1).with("maximum", lectern.MaxPage).with("default", 1),
		}, false},
		"step": {"slides[0].steps[0]", step(), false},
		"sound": {"slides[0].sound", map[string]node{
			"file":  words("A sound: its path next to the deck, or asset: and its SHA-256.", lectern.MaxPath),
			"start": number("Seconds of the sound that are left out at its beginning.").with("minimum", 0),
			"end":   number("The second of the sound after which it is left out. Default: its end.").with("exclusiveMinimum", 0),
		}, false},
		"recording": {"recording", map[string]node{
			"file": words("A sound: its path next to the deck, or asset: and its SHA-256.", lectern.MaxPath),
			"starts": either("When each slide begins in the recording: a list of seconds or of times such as 1:05, or one text "+
				"with all of them. Default: found by comparing the recording with the narrations.",
				node{"type": "array", "maxItems": s.limits.Slides, "items": node{"anyOf": []node{
					{"type": "number", "minimum": 0}, {"type": "string", "pattern": times}}}},
				node{"type": "string"}),
		}, false},
		"avatarBox": {"slides[0].avatarBox", map[string]node{
			"x": place("The left edge."), "y": place("The upper edge."),
			"width":           place("Default: that of the layout.").with("minimum", 1),
			"height":          place("Default: that of the layout.").with("minimum", 1),
			"backgroundColor": colour("The colour behind the avatar."),
		}, false},
		"point":         {"slides[0].positions.e", point, false},
		"slideMetadata": {"slides[0].metadata", slideMetadata(), true},
		"canvas": {"slides[0].metadata.canvasDimensions", map[string]node{
			"width":  number("In pixels.").with("minimum", 1).with("maximum", 100_000),
			"height": number("In pixels.").with("minimum", 1).with("maximum", 100_000),
		}, true},
		"deckTranslation": {"translations.de", map[string]node{
			"title":         words("The title of the deck.", lectern.MaxTitle),
			"voice":         voice("The voice of this language. Default: the best."),
			"voiceId":       words("The id of the voice, as voice.id.", lectern.MaxName),
			"voiceProvider": words("The engine of the voice, as voice.engine.", lectern.MaxName),
			"revisions":     revisions(),
		}, false},
		"translation": {"slides[0].translations.de", map[string]node{
			"narration": s.narration("What is said. A slide with a narration needs it in each language that is rendered."),
			"props": defined("props", "They replace the props of the slide of the same names. A list is replaced as a "+
				"whole."),
			"section": either("The section of the slide, if it has one.",
				node{"type": "string", "maxLength": lectern.MaxTitle}, notAText()),
			"voice":         voice("The voice of this slide in this language."),
			"voiceId":       words("The id of the voice, as voice.id.", lectern.MaxName),
			"voiceProvider": words("The engine of the voice, as voice.engine.", lectern.MaxName),
			"revisions":     revisions(),
		}, true},
	}
}

// maxPlace is the largest coordinate.
const maxPlace = 1_000_000

func place(description string) node {
	return number(description).with("minimum", -maxPlace).with("maximum", maxPlace)
}

func slideMetadata() map[string]node {
	return map[string]node{
		"canvasDimensions": defined("canvas", "The size of the canvas. Default: that of a slide."),
		"elementPositions": named("Places of elements of the slide, by their ids.", node{"$ref": "#/$defs/point"}).
			with("maxProperties", lectern.MaxPositions),
	}
}

func revisions() node {
	return named("By field, such as narration or props.title: the revision of the source that it was translated from. "+
		"`lectern check --json` has the revisions.", node{"type": []string{"string", "null"}})
}
