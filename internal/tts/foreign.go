package tts

import (
	"regexp"
	"strings"
)

// Decks name voices of services that are not on this machine. The name of such a voice often shows its language and, if
// it has one of the usual first names, its gender.

// cloudVoice matches "en-US-AriaNeural" (Azure), "en-US-Wavenet-D" (Google) and the like.
var cloudVoice = regexp.MustCompile(`^([a-z]{2,3}(?:-[A-Z][a-z]{3})?-[A-Z]{2})-([A-Za-z0-9-]+)$`)

// opaqueVoice matches an id without meaning: ElevenLabs' 20 letters and digits.
var opaqueVoice = regexp.MustCompile(`^[A-Za-z0-9]{20}$`)

// foreign reports whether id looks like a voice of a service.
func foreign(id string) bool {
	return cloudVoice.MatchString(id) || opaqueVoice.MatchString(id) || foreignGender(id) != ""
}

func foreignLanguage(id string) string {
	if m := cloudVoice.FindStringSubmatch(id); m != nil {
		return m[1]
	}
	return ""
}

func foreignGender(id string) string {
	name := id
	if m := cloudVoice.FindStringSubmatch(id); m != nil {
		name = m[2]
	}
	name = strings.ToLower(name)
	if i := strings.LastIndexAny(name, ":/"); i >= 0 {
		name = name[i+1:]
	}
	for _, end := range []string{"multilingualneural", "dragonhdlatestneural", "neural", "rus", "-neural"} {
		name = strings.TrimSuffix(name, end)
	}
	name, _, _ = strings.Cut(strings.TrimSpace(name), " ")
	switch {
	case femaleNames[name]:
		return "female"
	case maleNames[name]:
		return "male"
	}
	return ""
}

// The first names of the voices of Azure, Amazon, ElevenLabs and OpenAI that decks use most.
var (
	femaleNames = set(`aria jenny michelle ana sara sarah emma ava nancy jane amber ashley cora elizabeth monica sonia libby
		maisie olivia bella hollie abbi natasha clara neerja katja amala louisa klarissa gisela seraphina denise eloise
		brigitte celeste coralie jacqueline josephine yvette vivienne elvira ximena abril estrella irene laia lia triana vera
		dalia polina svetlana dariya agnieszka zofia isabella elsa fabiola fiamma francisca raquel fernanda colette fenna
		xiaoxiao xiaoyi nanami sunhi swara zariyah rachel domi elli charlotte matilda grace lily serena nicole jessica
		alice dorothy freya gigi glinda mimi joanna kimberly salli kendra ivy ruth danielle amy vicki marlene lea celine
		lucia conchita mia penelope lupe bianca carla tatyana ewa maja nova shimmer coral alloy sage`)
	maleNames = set(`guy davis tony jason eric roger steffan christopher brian andrew jacob brandon ryan thomas alfie elliot
		ethan noah oliver william liam prabhat conrad killian florian christoph kasper ralf bernd klaus henri alain claude
		jerome maurice yves remy alvaro arnau dario elias nil saul teo jorge dmitry ostap marek diego benigno calimero
		cataldo gianni lisandro rinaldo antonio duarte maarten yunxi yunyang yunjian keita injoon madhur hamed josh arnold
		adam sam antoni clyde dave fin harry james jeremy joseph michael patrick paul daniel george charlie callum bill
		drew ethan giovanni matthew joey justin kevin stephen gregory hans mathieu enrique miguel maxim jacek jan echo
		fable onyx ash ballad verse`)
)
