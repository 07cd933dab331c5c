package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// sample is a command that shows an operation at work. It runs as it is written in a shell on the machine of a server
// at its default address. It takes ids from the variables ID, WEBHOOK, DELIVERY, KEY_ID and ASSET, a key from
// LECTERN_KEY, the deck from deck.json, and a picture from fjord.png.
type sample struct {
	Lang   string `json:"lang"`
	Label  string `json:"label"` // what it does
	Source string `json:"source"`
}

const exampleServer = "http://localhost:8000"

// samplesKey is where tools look for examples in the OpenAPI document.
const samplesKey = "x-codeSamples"

// describeSamples gives an operation its commands.
func describeSamples(o *huma.Operation) {
	list := writtenSamples(o.OperationID)
	if len(list) == 0 {
		list = []sample{{"Shell", o.Summary, plainSample(o)}}
	}
	if o.Extensions == nil {
		o.Extensions = map[string]any{}
	}
	o.Extensions[samplesKey] = list
}

// plainSample is the command for an operation that needs no more than its path.
func plainSample(o *huma.Operation) string {
	path := strings.NewReplacer("{n}", "1", "{code}", "gia.casual", "{sha256}", "$ASSET").Replace(o.Path)
	switch {
	case strings.HasPrefix(path, "/v1/webhooks/deliveries/"):
		path = strings.Replace(path, "{id}", "$DELIVERY", 1)
	case strings.HasPrefix(path, "/v1/keys/"):
		path = strings.Replace(path, "{id}", "$KEY_ID", 1)
	case strings.HasPrefix(path, "/v1/webhooks/"):
		path = strings.Replace(path, "{id}", "$WEBHOOK", 1)
	default:
		path = strings.Replace(path, "{id}", "$ID", 1)
	}
	how := ""
	if o.Method != http.MethodGet {
		how = "-X " + o.Method + " "
	}
	success := o.Responses["200"]
	switch {
	case success == nil || success.Content["application/json"] != nil && !strings.HasSuffix(path, "/manifest"):
	case success.Content["text/event-stream"] != nil:
		how = "-N "
	case success.Content["image/png"] != nil && strings.HasPrefix(path, "/v1/avatars/"):
		how = "-o portrait.png "
	default:
		how = "-OJ " // under the name that the server gives
		path += "?download=true"
	}
	return "curl " + how + "\"" + exampleServer + path + "\""
}

// writtenSamples are the commands of operations that take more than a path.
func writtenSamples(id string) []sample {
	shell := func(pairs ...string) []sample {
		var list []sample
		for i := 0; i < len(pairs); i += 2 {
			list = append(list, sample{"Shell", pairs[i], strings.ReplaceAll(pairs[i+1], "SERVER", exampleServer)})
		}
		return list
	}
	switch id {
	case "create-presentation":
		return shell(
			"Create a presentation", "curl SERVER/v1/presentations --json '"+string(exampleDeck)+"'",
			"From a file, keeping the id in a variable", "ID=$(curl -s SERVER/v1/presentations --json @deck.json | cut -d'\"' "+
				"-f4)",
			"Only check it, and estimate how long the video will be", "curl 'SERVER/v1/presentations?dry_run=true' --json "+
				"@deck.json",
			"In another language of the deck", "curl 'SERVER/v1/presentations?language=de' -H 'Content-Type: "+
				"application/yaml' --data-binary @deck.yaml",
			"As a form with settings; sent again, it creates nothing new", `curl SERVER/v1/presentations \
  -H 'Idempotency-Key: 6f1c7a3e-1f0e-4a55-9d6c-0f6f8a3a9b51' \
  -F deck=@deck.json -F 'settings={"theme":"light-modern"}'`)
	case "list-presentations":
		return shell("The ten newest that are completed", "curl 'SERVER/v1/presentations?status=completed&limit=10'")
	case "get-presentation":
		return shell(
			"Get a presentation", `curl "SERVER/v1/presentations/$ID"`,
			"Wait until it changes", `curl "SERVER/v1/presentations/$ID?wait=30s&after_version=1"`)
	case addAssetID:
		return shell(
			"Upload a picture", "curl 'SERVER/v1/assets?name=fjord.png' --data-binary @fjord.png",
			"As a form, keeping the hash in a variable", "ASSET=$(curl -s SERVER/v1/assets -F file=@fjord.png | cut -d'\"' -f4)")
	case "list-assets":
		return shell("The ten newest pictures", "curl 'SERVER/v1/assets?kind=picture&limit=10'")
	case "get-portrait":
		return shell("A portrait of 240 pixels", "curl -o portrait.png 'SERVER/v1/avatars/gia.casual/portrait?size=240'")
	case "create-webhook":
		return shell("Send a message for every presentation that is completed", `curl SERVER/v1/webhooks --json '{
  "url": "https://example.com/lectern",
  "types": ["presentation.completed"]
}'`)
	case "create-key":
		return shell(
			"Make a key that may create presentations", `curl SERVER/v1/keys --json '{"name": "CI of the courses"}'`,
			"With a key, if the server has keys already", `curl -H "Authorization: Bearer $LECTERN_KEY" SERVER/v1/keys --json '{
  "name": "A screen in the hall",
  "scope": "read"
}'`)
	case "list-keys":
		return shell("List the keys", `curl -H "Authorization: Bearer $LECTERN_KEY" SERVER/v1/keys`)
	case "delete-key":
		return shell("Remove a key", `curl -X DELETE -H "Authorization: Bearer $LECTERN_KEY" "SERVER/v1/keys/$KEY_ID"`)
	case "list-deliveries":
		return shell("Messages that were given up", "curl 'SERVER/v1/webhooks/deliveries?state=given_up'")
	}
	return nil
}
