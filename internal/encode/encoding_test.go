package encode

import (
	"regexp"
	"strings"
	"testing"

	"lectern"
)

var hd = Encoding{Size: lectern.Size{Width: 1920, Height: 1080}, Rate: 30, Quality: lectern.QualityHigh}

const hdArgs = "-an -sn -dn -c:v libx264 -preset veryfast -profile:v high -crf 18 -pix_fmt yuv420p -g 180 " +
	"-keyint_min 180 -sc_threshold 0 -bf 0 -refs 1 -x264-params " +
	"scenecut=0:open-gop=0:stitchable=1:aud=1:force-cfr=1:weightp=0 -color_range tv -colorspace bt709 " +
	"-color_primaries bt709 -color_trc bt709 -chroma_sample_location center -bsf:v filter_units=remove_types=6"

const tag = "setparams=range=tv:colorspace=bt709:color_primaries=bt709:color_trc=bt709"

func TestArgumentsOfEveryEncode(t *testing.T) {
	t.Parallel()
	at := lectern.Rect{X: 1392, Y: 552, Width: 480, Height: 480}
	raw, held := "-f rawvideo -pix_fmt yuv420p -video_size 1920x1080 -framerate 30 -i ", "tpad=stop=-1:stop_mode=clone"
	keyArgs := strings.NewReplacer("-crf 18", "-crf 8", "weightp=0", "weightp=0:subme=0:aq-strength=0.7").
		Replace(hdArgs)
	patch := Patch{Window: at, At: lectern.Rect{X: 1376, Y: 536, Width: 512, Height: 512}}
	calm := patch
	calm.Calm = true
	const small = "weightp=0:slice-max-mbs=32:no-deblock=1:mbtree=0:rc-lookahead=0:ipratio=5:me=dia:subme=0:partitions=none:merange=4"
	region := "-f rawvideo -pix_fmt yuv420p -video_size 480x480 -framerate 30 -i "
	for _, c := range []struct {
		name string
		got  []string
		want string
	}{
		{"still", hd.Still("p.yuv", 2, "out"), raw + "p.yuv -vf " + tag + " " + keyArgs + " -frames:v 1 -r 30 -threads 2 " +
			"-f h264 out"},
		{"spliced", hd.Spliced(patch, []int64{180, 180, 33}, 2, "keys", "small", nil),
			"-f rawvideo -pix_fmt yuv420p -video_size 512x512 -framerate 30 -i pipe:0 " +
				"-filter_complex_threads 1 -filter_complex [0:v]split[a][b];" +
				"[a]select='if(lt(n,382),lt(mod(n,191),12),lt(n-382,12))',tile=4x3,crop=1920:1080:0:0,settb=1/30,setpts=N," +
				tag + "[key];" +
				"[b]select='not(if(lt(n,382),lt(mod(n,191),12),lt(n-382,12)))',settb=1/30,setpts=N," + tag + "[part] " +
				"-map [key] " + keyArgs + " -force_key_frames expr:1 -r 30 -threads 1 -f h264 keys " +
				"-map [part] " + strings.NewReplacer("-g 180 -keyint_min 180", "-g 179 -keyint_min 179", "-crf 18",
				"-qp 22", "weightp=0", small).Replace(hdArgs) + " -r 30 -threads 2 -f h264 small"},
		{"spliced with a calm border", hd.Spliced(calm, []int64{33}, 2, "keys", "small", nil),
			"-f rawvideo -pix_fmt yuv420p -video_size 512x512 -framerate 30 -i pipe:0 " +
				"-filter_complex_threads 1 -filter_complex [0:v]split[a][b];" +
				"[a]select='if(lt(n,0),lt(mod(n,191),12),lt(n-0,12))',tile=4x3,crop=1920:1080:0:0,settb=1/30,setpts=N," +
				tag + "[key];" +
				"[b]select='not(if(lt(n,0),lt(mod(n,191),12),lt(n-0,12)))',settb=1/30,setpts=N,addroi=0:0:512:16:0.45,addroi=0:496:512:16:0.45," +
				"addroi=0:0:16:512:0.45,addroi=496:0:16:512:0.45," + tag + "[part] " +
				"-map [key] " + keyArgs + " -force_key_frames expr:1 -r 30 -threads 1 -f h264 keys " +
				"-map [part] " + strings.NewReplacer("-g 180 -keyint_min 180", "-g 179 -keyint_min 179", "-crf 18",
				"-crf 25", "weightp=0", small).Replace(hdArgs) + " -r 30 -threads 2 -f h264 small"},
		{"avatar", hd.Avatar("p.yuv", at, 123, 1, "out"), raw + "p.yuv " + region +
			"pipe:0 -filter_complex_threads 1 -filter_complex [0:v]" + held +
			"[background];[background][1:v]overlay=x=1392:y=552:format=yuv420:eof_action=endall," + tag +
			"[v] -map [v] " +
			hdArgs + " -frames:v 123 -r 30 -threads 1 -f h264 out"},
		{"transition", hd.Transition("wipeleft", Side{Background: "a.yuv"},
			Side{Background: "b.yuv", Region: "r.yuv", At: at}, 13, 0, "out"),
			raw + "a.yuv " + raw + "b.yuv " + region + "r.yuv -filter_complex_threads 1 -filter_complex " +
				"[0:v]" + held + ",trim=end_frame=13,scale=flags=neighbor,format=yuv444p[a];" +
				"[1:v]" + held +
				"[background1];[background1][2:v]overlay=x=1392:y=552:format=yuv420:eof_action=endall,trim=end_frame=13,scale=flags=neighbor,format=yuv444p[b];" +
				"[a][b]xfade=transition=wipeleft:duration=433334us:offset=0,scale=flags=area,format=yuv420p," + tag +
				"[v] -map [v] " +
				hdArgs + " -frames:v 13 -r 30 -f h264 out"},
		{"audio", Audio("out"), "-f s16le -ar 48000 -ac 1 -i pipe:0 -vn -c:a aac -profile:a aac_low -aac_coder fast -b:a " +
			"96000 -f adts out"},
		{"thumbnail", hd.Thumbnail("out"),
			"-threads 1 -f h264 -i pipe:0 -vf " +
				"scale=w=1280:h=1280:force_original_aspect_ratio=decrease:force_divisible_by=2:out_range=pc " +
				"-frames:v 1 -c:v mjpeg -pix_fmt yuvj420p -q:v 3 -f image2 -update 1 out"},
	} {
		if got := strings.Join(c.got, " "); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.name, got, c.want)
		}
	}
}

// At each quality, all pieces of a video have the same parameters except for their quantizers, motion search and
// adaptive quantization.
func TestPiecesShareTheirParameters(t *testing.T) {
	t.Parallel()
	for _, q := range lectern.Qualities() {
		e := hd
		e.Quality = q
		own := regexp.MustCompile(`-(crf|qp) \d+|:subme=\d|:aq-strength=[\d.]+`)
		want := own.ReplaceAllString(strings.Join(e.Args(), " "), "")
		for name, args := range map[string][]string{
			"still": e.Still("p", 1, "o"), "avatar": e.Avatar("p", lectern.Rect{Width: 2, Height: 2}, 5, 2, "o"),
			"transition": e.Transition("fade", Side{Background: "a"}, Side{Background: "b"}, 5, 3, "o"),
		} {
			if !strings.Contains(own.ReplaceAllString(strings.Join(args, " "), ""), want) {
				t.Errorf("%s at %s does not have %s", name, q, want)
			}
		}
	}
}
