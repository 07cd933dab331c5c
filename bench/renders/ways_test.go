package renders

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"lectern"
	"lectern/internal/encode"
)

var tools = Tools{Self: "lectern", Settings: []string{"LECTERN_TABS=2"}, FFmpeg: "ffmpeg", Python: "python",
	MoviePy: "moviepython", Node: "node", Remotion: "/remotion", Chromium: "chromium"}

// pair is a talk of two slides, of one second and of half a second.
func pair() Talk {
	return Talk{Width: 320, Height: 240, Rate: 30, Frames: 45, Sound: "sound.wav", Slides: []Scene{
		{Picture: "slide-001.png", Sound: "sound-001.wav", Start: 0, Frames: 30},
		{Picture: "slide-002.png", Sound: "sound-002.wav", Start: 30, Frames: 15}}}
}

// presented is pair with a presenter.
func presented() Talk {
	t := pair()
	t.Window = &lectern.Rect{X: 200, Y: 120, Width: 100, Height: 100}
	t.Slides[0].Clip, t.Slides[1].Clip = "clip-001.mp4", "clip-002.mp4"
	return t
}

// lines writes steps as readable lines.
func lines(steps []Step) []string {
	var out []string
	for _, s := range steps {
		line := map[Count]string{Added: "+ ", Subtracted: "- ", Free: "  "}[s.Count]
		if len(s.Forget) > 0 {
			line += "(without " + strings.Join(s.Forget, " ") + ") "
		}
		if len(s.Env) > 0 {
			line += strings.Join(s.Env, " ") + " "
		}
		out = append(out, line+s.Program+" "+strings.Join(s.Args, " "))
	}
	return out
}

func stepsOf(t *testing.T, way string, talk Talk) []string {
	t.Helper()
	ways, err := Named([]string{way})
	if err != nil || len(ways) != 1 {
		t.Fatal(ways, err)
	}
	return lines(ways[0].Steps(tools, talk, 3))
}

func TestCommandsOfEachWay(t *testing.T) {
	t.Parallel()
	const (
		usual = " -c:v libx264 -preset medium -crf 18 -pix_fmt yuv420p -c:a aac"
		round = "format=yuva420p,geq=lum='lum(X,Y)':cb='cb(X,Y)':cr='cr(X,Y)':a='if(lte(hypot(X-W/2,Y-H/2),W/2),255,0)'"
	)
	faded := presented()
	faded.Fade, faded.Frames = 6, 39
	faded.Slides[1].Start = 24
	encoder := strings.Join(encode.Encoding{Size: lectern.Size{Width: 320, Height: 240}, Rate: 30}.Args(), " ")
	for _, c := range []struct {
		way  string
		talk Talk
		want []string
	}{
		{"lectern", pair(), []string{"+ (without cache) LECTERN_TABS=2 lectern render deck.json --cache cache -o out.mp4"}},
		{"again", pair(), []string{"+ LECTERN_TABS=2 lectern render deck.json --cache cache -o out.mp4"}},
		{"edited", pair(), []string{"+ LECTERN_TABS=2 lectern render deck-edited-3.json --cache cache -o out.mp4"}},
		{"encode", pair(), []string{
			"- (without cache/*/*/*.mp4) LECTERN_TABS=2 lectern render deck.json --cache cache -o out.mp4",
			"+ (without cache/*/*/*.mp4 cache/*/*/*.segment cache/*/*/*.h264) LECTERN_TABS=2 lectern render " +
				"deck.json --cache cache -o out.mp4"}},
		{"compat", pair(), []string{"+ (without cache-compat) LECTERN_TABS=2 LECTERN_COMPAT=true lectern render deck.json " +
			"--cache cache-compat -o out.mp4"}},
		{"compat-encode", pair(), []string{
			"- (without cache-compat/*/*/*.mp4) LECTERN_TABS=2 LECTERN_COMPAT=true lectern render deck.json --cache " +
				"cache-compat -o out.mp4",
			"+ (without cache-compat/*/*/*.mp4 cache-compat/*/*/*.segment cache-compat/*/*/*.h264) LECTERN_TABS=2 " +
				"LECTERN_COMPAT=true lectern render deck.json --cache cache-compat -o out.mp4"}},
		{"floor", pair(), []string{
			"  (without pictures.yuv) ffmpeg -v error -y -i film.mp4 -an -sn -frames:v 30 -f rawvideo -pix_fmt yuv420p " +
				"pictures.yuv",
			"+ ffmpeg -v error -y -f rawvideo -pix_fmt yuv420p -video_size 320x240 -framerate 30 -i pictures.yuv " +
				encoder + " -frames:v 30 -r 30 part-001.mp4",
			"  (without pictures.yuv) ffmpeg -v error -y -ss 0.983333 -i film.mp4 -an -sn -frames:v 15 -f rawvideo -pix_fmt " +
				"yuv420p pictures.yuv",
			"+ ffmpeg -v error -y -f rawvideo -pix_fmt yuv420p -video_size 320x240 -framerate 30 -i pictures.yuv " +
				encoder + " -frames:v 15 -r 30 part-002.mp4",
			"  (without pictures.yuv) ffmpeg -v error -y -f concat -i parts.txt -i sound.wav -c:v copy -c:a aac out.mp4"}},
		{"plain", pair(), []string{
			"+ ffmpeg -v error -y -loop 1 -framerate 30 -i slide-001.png -i sound-001.wav" + usual +
				" -t 1.000000 part-001.mp4",
			"+ ffmpeg -v error -y -loop 1 -framerate 30 -i slide-002.png -i sound-002.wav" + usual +
				" -t 0.500000 part-002.mp4",
			"+ ffmpeg -v error -y -f concat -i parts.txt -c copy out.mp4"}},
		{"plain", presented(), []string{
			"+ ffmpeg -v error -y -loop 1 -framerate 30 -i slide-001.png -i sound-001.wav -i clip-001.mp4 " +
				"-filter_complex [2:v]" + round + "[a2];[0:v][a2]overlay=200:120[v] -map [v] -map 1:a" + usual +
				" -t 1.000000 part-001.mp4",
			"+ ffmpeg -v error -y -loop 1 -framerate 30 -i slide-002.png -i sound-002.wav -i clip-002.mp4 " +
				"-filter_complex [2:v]" + round + "[a2];[0:v][a2]overlay=200:120[v] -map [v] -map 1:a" + usual +
				" -t 0.500000 part-002.mp4",
			"+ ffmpeg -v error -y -f concat -i parts.txt -c copy out.mp4"}},
		{"xfade", faded, []string{
			"+ ffmpeg -v error -y -loop 1 -framerate 30 -t 1.000000 -i slide-001.png -i clip-001.mp4 -loop 1 " +
				"-framerate 30 -t 0.500000 -i slide-002.png -i clip-002.mp4 -i sound.wav -filter_complex " +
				"[1:v]" + round + "[a1];[0:v][a1]overlay=200:120,settb=1/30,format=yuv420p[s0];" +
				"[3:v]" + round + "[a3];[2:v][a3]overlay=200:120,settb=1/30,format=yuv420p[s1];" +
				"[s0][s1]xfade=transition=fade:duration=0.200000:offset=0.800000[x1] -map [x1] -map 4:a" + usual +
				" -t 1.300000 out.mp4"}},
		{"frames", pair(), []string{"+ python frames.py talk.json ffmpeg out.mp4"}},
		{"moviepy", pair(), []string{"+ moviepython moviepy_talk.py talk.json out.mp4"}},
		{"remotion", pair(), []string{"+ node node_modules/@remotion/cli/remotion-cli.js render bundle talk out.mp4 " +
			"--browser-executable=chromium --chrome-mode=chrome-for-testing --codec=h264 --crf=18 --log=error"}},
		{"remotion-all", pair(), []string{"+ node node_modules/@remotion/cli/remotion-cli.js render bundle talk out.mp4 " +
			"--browser-executable=chromium --chrome-mode=chrome-for-testing --codec=h264 --crf=18 --log=error " +
			"--concurrency=100%"}},
	} {
		if got := stepsOf(t, c.way, c.talk); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot\n%s\nwant\n%s", c.way, strings.Join(got, "\n"), strings.Join(c.want, "\n"))
		}
	}
}

// Remotion gets a flag for the kind of browser, because the two programs have different flags.
func TestRemotionGetsAFlagForTheHeadlessShell(t *testing.T) {
	t.Parallel()
	with := tools
	with.Shell = true
	if args := remotion()(with, pair(), 1)[0].Args; !slices.Contains(args, "--chrome-mode=headless-shell") {
		t.Errorf("Remotion gets %v", args)
	}
}

// The material is cut at the slides' places in the manifest.
func TestMaterialIsCutByTheManifest(t *testing.T) {
	t.Parallel()
	talk, err := NewTalk([]byte(`{"size":{"width":320,"height":240},"frame_rate":30,"frames":39,"transitions":[{"after_slide":1,"frames":6}],"slides":[
		{"start_frame":0,"frames":30,"avatar_window":{"x":200,"y":120,"width":100,"height":100}},
		{"start_frame":24,"frames":15,"avatar_window":{"x":200,"y":120,"width":100,"height":100}}]}`))
	want := presented()
	want.Fade, want.Frames = 6, 39
	want.Slides[1].Start = 24
	if err != nil || !reflect.DeepEqual(talk, want) {
		t.Fatalf("%+v, %v", talk, err)
	}
	var got []string
	for _, m := range talk.materials("ffmpeg", film) {
		got = append(got, strings.Join(m, " "))
	}
	if want := []string{
		"ffmpeg -v error -y -i film.mp4 -vn -c:a pcm_s16le sound.wav",
		"ffmpeg -v error -y -i film.mp4 -vn -af atrim=start=0.000000:end=1.000000,asetpts=N/SR/TB -c:a pcm_s16le " +
			"sound-001.wav",
		"ffmpeg -v error -y -i film.mp4 -an -vf trim=start_frame=0:end_frame=30,setpts=PTS-STARTPTS,crop=100:100:200:120 " +
			"-c:v libx264 -preset veryfast -crf 4 -r 30 clip-001.mp4",
		"ffmpeg -v error -y -i film.mp4 -vn -af atrim=start=0.800000:end=1.300000,asetpts=N/SR/TB -c:a pcm_s16le " +
			"sound-002.wav",
		"ffmpeg -v error -y -i film.mp4 -an -vf trim=start_frame=24:end_frame=39,setpts=PTS-STARTPTS,crop=100:100:200:120 " +
			"-c:v libx264 -preset veryfast -crf 4 -r 30 clip-002.mp4",
	}; !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	if got, want := string(talk.parts()), "file 'part-001.mp4'\nfile 'part-002.mp4'\n"; got != want {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{`{`, `{}`, `{"slides":[{}]}`} {
		if _, err := NewTalk([]byte(bad)); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}

// A way without its tools reports what is missing and how to install it.
func TestMissingToolsAreNamed(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{"lectern": "", "plain": "", "frames": "python3-numpy",
		"moviepy": "pip install", "remotion": "--install", "remotion-all": "--install"} {
		ways, err := Named([]string{name})
		if err != nil {
			t.Fatal(err)
		}
		if got := ways[0].missing(Tools{Self: "lectern", FFmpeg: "ffmpeg"}); got == "" != (want == "") ||
			!strings.Contains(got, want) {
			t.Errorf("%s: %q", name, got)
		}
		if got := ways[0].missing(tools); got != "" {
			t.Errorf("%s lacks %s", name, got)
		}
	}
	if _, err := Named([]string{"plain", "magic"}); err == nil || !strings.Contains(err.Error(), "remotion") {
		t.Errorf("%v", err)
	}
}

// A video that is not the talk is not measured.
func TestCheckRefusesAnotherVideo(t *testing.T) {
	t.Parallel()
	good := Film{Width: 320, Height: 240, Frames: 45, Sound: 1.5}
	if err := pair().check(good, false); err != nil {
		t.Error(err)
	}
	if err := pair().check(Film{Width: 320, Height: 240, Frames: 90, Sound: 3}, true); err != nil {
		t.Errorf("an edited talk of another length is refused: %v", err)
	}
	for _, bad := range []Film{{320, 200, 45, 1.5}, {320, 240, 40, 1.5}, {320, 240, 45, 0}, {320, 240, 45, 0.7}} {
		if err := pair().check(bad, false); err == nil {
			t.Errorf("%+v is accepted", bad)
		}
	}
}

func TestParseLikenessReadsFFmpegsSummary(t *testing.T) {
	t.Parallel()
	const said = "[Parsed_ssim_5 @ 0x1] SSIM Y:0.996 (24.1) U:0.99 (22.0) V:0.99 (22.0) All:0.9961 " +
		"(24.1)\n[Parsed_psnr_4 @ 0x2] PSNR y:49.46 u:52.1 v:52.0 average:50.2 min:47.1 max:99.0\n[libvmaf @ 0x3] VMAF " +
		"score: 96.5"
	if l, ok := parseLikeness(said); !ok || l != (Likeness{49.46, 0.9961, 96.5}) {
		t.Errorf("%+v, %v", l, ok)
	}
	if l, ok := parseLikeness(strings.Replace(said, "y:49.46", "y:inf", 1)); !ok || l.PSNR != same {
		t.Errorf("%+v, %v", l, ok)
	}
	if _, ok := parseLikeness("Conversion failed!"); ok {
		t.Error("a text without figures is read as a likeness")
	}
	if got := strings.Join(comparison("a.mp4", "b.mp4", true), " "); !strings.Contains(got, "split=3[a0][a1][a2]") ||
		!strings.Contains(got, "libvmaf") {
		t.Error(got)
	}
}

// npm gets only the variables that configure npm or the network.
func TestInstallKeepsOnlyVariablesOfNpmAndTheNetwork(t *testing.T) {
	t.Parallel()
	got := networked([]string{"HTTPS_PROXY=http://proxy", "LECTERN_ELAI_TOKEN=secret",
		"npm_config_registry=http://registry", "NODE_EXTRA_CA_CERTS=/certs", "HOME=/root"})
	if want := []string{"HTTPS_PROXY=http://proxy", "npm_config_registry=http://registry",
		"NODE_EXTRA_CA_CERTS=/certs"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
