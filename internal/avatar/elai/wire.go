package elai

import (
	"cmp"
	"encoding/json"
	"net/url"
	"strconv"
)

// Green is the key colour that the engine requests behind the presenter.
const Green = "#00FF00"

// The coordinates in which Elai places objects on a slide, whatever the video's resolution. The presenter is a square
// in the middle, as high as the slide.
const (
	canvasWidth, canvasHeight = 640, 360
	figure                    = 1080 // pixels of a presenter's own canvas
)

// video has the fields of a video in Elai's answers that the engine uses.
type video struct {
	ID         string   `json:"_id"`
	Name       string   `json:"name"`
	Status     string   `json:"status"`
	Tags       []string `json:"tags"`
	URL        string   `json:"url"`
	VideoURL   string   `json:"videoUrl"`
	PlayerData struct {
		URL string `json:"url"`
	} `json:"playerData"`
	Data struct {
		AppError any `json:"appError"`
	} `json:"data"`
}

// address returns where the video can be downloaded, or "".
func (v video) address() string {
	for _, u := range []string{v.URL, v.VideoURL, v.PlayerData.URL} {
		if u != "" {
			return u
		}
	}
	return ""
}

// appError returns Elai's own reason why a render failed, or "".
func (v video) appError() string {
	switch e := v.Data.AppError.(type) {
	case nil:
		return ""
	case string:
		return e
	case map[string]any:
		if m, ok := e["message"].(string); ok {
			return m
		}
	}
	b, err := json.Marshal(v.Data.AppError)
	if err != nil {
		return ""
	}
	return string(b)
}

// videoList is the answer to GET /videos: {"videos":[…]}, {"data":[…]} or a list alone.
type videoList []video

// UnmarshalJSON implements json.Unmarshaler.
func (l *videoList) UnmarshalJSON(b []byte) error {
	var bare []video
	if json.Unmarshal(b, &bare) == nil {
		*l = bare
		return nil
	}
	var in struct {
		Videos []video `json:"videos"`
		Data   []video `json:"data"`
	}
	if err := json.Unmarshal(b, &in); err != nil {
		return err
	}
	*l = append(in.Videos, in.Data...)
	return nil
}

type order struct {
	Name       string       `json:"name"`
	Format     string       `json:"format"`
	Resolution string       `json:"resolution"`
	Tags       []string     `json:"tags"`
	Slides     []orderSlide `json:"slides"`
}

type orderSlide struct {
	ID            int         `json:"id"`
	Status        string      `json:"status"`
	Canvas        canvas      `json:"canvas"`
	Avatar        orderAvatar `json:"avatar"`
	Animation     string      `json:"animation"`
	Language      string      `json:"language"`
	Speech        string      `json:"speech"`
	Voice         string      `json:"voice"`
	VoiceType     string      `json:"voiceType"`
	VoiceProvider string      `json:"voiceProvider"`
}

type canvas struct {
	Objects    []object `json:"objects"`
	Background string   `json:"background"`
	Version    string   `json:"version"`
}

type object struct {
	Type       string    `json:"type"`
	Left       float64   `json:"left"`
	Top        float64   `json:"top"`
	Width      int       `json:"width"`
	Height     int       `json:"height"`
	ScaleX     float64   `json:"scaleX"`
	ScaleY     float64   `json:"scaleY"`
	Fill       string    `json:"fill"`
	Src        string    `json:"src"`
	AvatarType string    `json:"avatarType"`
	Animation  animation `json:"animation"`
}

type animation struct {
	Type     *string `json:"type"`
	ExitType *string `json:"exitType"`
}

type orderAvatar struct {
	Code   string `json:"code"`
	Gender string `json:"gender"`
	Canvas string `json:"canvas"`
}

// newOrder returns the request for a take in front of a background colour; "" is [Green].
func newOrder(key string, l look, v voice, text, background string) order {
	const scale = float64(canvasHeight) / figure
	return order{Name: orderName(key), Format: "16_9", Resolution: "1080p", Tags: []string{"lectern", orderTag(key)},
		Slides: []orderSlide{{
			ID: 1, Status: "edited", Animation: "fade_in", Language: v.Language, Speech: text,
			Voice: v.ID, VoiceType: "text", VoiceProvider: v.Provider,
			Avatar: orderAvatar{Code: l.code, Gender: l.gender, Canvas: l.canvas},
			Canvas: canvas{Background: cmp.Or(background, Green), Version: "4.4.0", Objects: []object{{
				Type: "avatar", Left: (canvasWidth - canvasHeight) / 2, Top: 0, Width: figure, Height: figure, ScaleX: scale,
				ScaleY: scale,
				Fill:   "#4868FF", Src: l.canvas, AvatarType: "transparent",
			}}},
		}}}
}

// orderName and orderTag return the name and the tag by which an order's draft is found again.
func orderName(key string) string { return "Lectern " + key }
func orderTag(key string) string  { return "lectern-" + key }

func listPath(page int) string {
	return "/videos?" + url.Values{"page": {strconv.Itoa(page)}, "limit": {strconv.Itoa(listLimit)}}.Encode()
}

func videoPath(id string) string { return "/videos/" + url.PathEscape(id) }

const listLimit = 50
