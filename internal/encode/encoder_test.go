package encode

import (
	"slices"
	"strings"
	"testing"

	"lectern"
)

// An encoder in hardware makes key pictures where pieces are cut, no B-pictures and one reference, and reads pictures
// in its own format.
func TestHardwareArguments(t *testing.T) {
	t.Parallel()
	const shape = " -profile:v high -g 180 -bf 0 -refs 1 -color_range tv -colorspace bt709 -color_primaries bt709 " +
		"-color_trc bt709 -bsf:v filter_units=remove_types=6"
	for encoder, want := range map[Encoder]string{
		NVENC: "-an -sn -dn -c:v h264_nvenc -preset p4 -rc constqp -qp 20 -no-scenecut 1 -strict_gop 1 -forced-idr 1 " +
			"-aud 1 -coder cabac -pix_fmt yuv420p" + shape,
		QSV: "-an -sn -dn -c:v h264_qsv -preset medium -q:v 20 -look_ahead 0 -forced_idr 1 -aud 1 -pix_fmt nv12" +
			shape,
		VAAPI: "-an -sn -dn -vaapi_device /dev/dri/renderD128 -c:v h264_vaapi -rc_mode CQP -qp 20 -aud 1 -coder " +
			"cabac -sei 0" + shape,
	} {
		e := hd
		e.Encoder = encoder
		if got := strings.Join(e.Args(), " "); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", encoder, got, want)
		}
		for _, args := range [][]string{e.Standing("p.yuv", 1, "out"),
			e.Avatar("p.yuv", lectern.Rect{Width: 480, Height: 480}, 9, 1, "out"),
			e.Faded(9, 1, "out"), e.Transition("wipeleft", Side{Background: "a"}, Side{Background: "b"}, 9, 1,
				"out"), e.Trial()} {
			line := strings.Join(args, " ")
			if !strings.Contains(line, want) || strings.Contains(line, "x264") {
				t.Errorf("%s: %s", encoder, line)
			}
			if strings.Contains(line, "hwupload") != (encoder == VAAPI) {
				t.Errorf("%s: hwupload is in the arguments only for vaapi: %s", encoder, line)
			}
		}
		if _, ok := e.Patch(lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}); ok {
			t.Errorf("%s has a patch", encoder)
		}
		if slices.Equal(e.Fingerprint(), hd.Fingerprint()) {
			t.Errorf("%s has the content keys of libx264", encoder)
		}
	}
}
