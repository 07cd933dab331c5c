package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image/color"
	"testing"
)

// TestAssetsAreShown: a picture and a drawing are uploaded, a deck names them, and the frames of its video show their
// colours. They cannot be deleted as long as the presentation exists, and a deck with an invalid hash is refused.
func TestAssetsAreShown(t *testing.T) {
	t.Parallel()
	s := serve(t, plain)
	drawing := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 9"><rect width="16" height="9" fill="#101010"/></svg>`
	var sums []string
	for _, file := range []string{string(photo(t, 320, 180, color.NRGBA{240, 240, 240, 255})), drawing} {
		sum := sha256.Sum256([]byte(file))
		sums = append(sums, hex.EncodeToString(sum[:]))
		a := s.must("POST", "/v1/assets", file)
		if a.status != 201 || a.json(t)["address"] != "asset:"+sums[len(sums)-1] {
			t.Fatalf("%d %s", a.status, a.body)
		}
	}
	deck := `{"avatar":"none","layout":"slide_only","preset":"draft","hold":1,"slides":[{"template":"image","image":"asset:%s"},{"template":"image","image":"asset:%s"}]}`
	a := s.must("POST", "/v1/presentations", fmt.Sprintf(deck, sums[0], sums[1]))
	if a.status != 202 {
		t.Fatalf("%d %s", a.status, a.body)
	}
	id := fmt.Sprint(a.json(t)["id"])
	if v := s.awaitEnd(id); v.Status != "completed" {
		t.Fatalf("%+v\n%s", v, tail(s.log(), 2000))
	}
	frames := greyFrames(t, s.download("/v1/presentations/"+id+"/video", "talk.mp4"), box{630, 4, 20, 20})
	if len(frames) < 50 {
		t.Fatalf("%d frames", len(frames))
	}
	// The template darkens its picture from above, where it takes an eighth of the light, down to the text.
	first, last := frames[10].at(10, 10), frames[len(frames)-10].at(10, 10)
	if first < 200 || last > 30 {
		t.Errorf("the light picture is at %v, the dark drawing at %v", first, last)
	}
	if a := s.must("DELETE", "/v1/assets/"+sums[0], ""); a.status != 409 {
		t.Errorf("deleting an asset that a presentation names: %d %s", a.status, a.body)
	}
	if a := s.must("POST", "/v1/presentations", fmt.Sprintf(deck, sums[1], sums[0][:63]+"x")); a.status != 422 {
		t.Errorf("a deck with an invalid hash: %d %s", a.status, a.body)
	}
	if a := s.must("DELETE", "/v1/presentations/"+id, ""); a.status != 204 {
		t.Errorf("deleting the presentation: %d %s", a.status, a.body)
	}
}
