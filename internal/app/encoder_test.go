package app

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"testing"

	"lectern/internal/encode"
	"lectern/internal/render"
)

// encoders is a fake ffmpeg with which some encoders work.
type encoders struct {
	work  []string
	tried []string
}

func (t *encoders) Version() string { return "5" }

func (t *encoders) Run(_ context.Context, c render.Command) error {
	name := c.Args[slices.Index(c.Args, "-c:v")+1]
	t.tried = append(t.tried, name)
	if !slices.Contains(t.work, name) {
		return errors.New("no device")
	}
	_, err := io.WriteString(c.Stdout, "pictures")
	return err
}

// The hardware encoder is found by testing, once. Nothing is tested without a device, or if the setting is software.
func TestHardwareIsFoundByTesting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting string
		device  bool
		work    []string
		want    encode.Encoder
		tried   int
	}{
		{"auto", true, []string{"h264_vaapi"}, encode.VAAPI, 3},
		{"auto", true, []string{"h264_nvenc", "h264_vaapi"}, encode.NVENC, 1},
		{"auto", true, nil, encode.Software, 3},
		{"auto", false, []string{"h264_nvenc"}, encode.Software, 0},
		{"software", true, []string{"h264_nvenc"}, encode.Software, 0},
		{"qsv", false, []string{"h264_qsv"}, encode.QSV, 1},
		{"qsv", true, []string{"h264_nvenc"}, encode.Software, 1},
	} {
		ff := &encoders{work: c.work}
		h := &encoder{setting: c.setting, ffmpeg: ff, log: quiet(), devices: []string{"/nowhere"}}
		if c.device {
			h.devices = append(h.devices, os.DevNull)
		}
		for range 2 {
			if got := h.works(t.Context()); got != c.want {
				t.Errorf("%+v: %s", c, got)
			}
		}
		if len(ff.tried) != c.tried {
			t.Errorf("%+v: tried %v", c, ff.tried)
		}
	}
	h := &encoder{setting: "nvenc", ffmpeg: &encoders{work: []string{"h264_nvenc"}}, log: quiet()}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if h.works(ctx) != encode.Software || h.works(t.Context()) != encode.NVENC {
		t.Error("a canceled trial decides for all callers")
	}
}
