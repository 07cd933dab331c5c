package espeak

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"github.com/ebitengine/purego"
)

// libraryNames are the file names of the library, in the order in which they are tried.
var libraryNames = []string{"libespeak-ng.so.1", "libespeak-ng.so", "libespeak-ng.1.dylib", "libespeak-ng.dylib"}

// Events of the library that matter here.
const (
	eventEnd     = 0
	eventWord    = 1
	eventPhoneme = 7
)

// Parameters of espeak_SetParameter, then flags of other functions.
const (
	paramRate    = 1
	paramVolume  = 2
	paramPitch   = 3
	paramRange   = 4
	paramWordGap = 7
	charsUTF8    = 1
	outputSync   = 2
	optPhonemes  = 1
	optIPA       = 2
	optStay      = 0x8000 // do not exit the process if the data is missing
)

// cEvent is espeak_EVENT on 64-bit machines.
type cEvent struct {
	kind     int32
	id       uint32
	position int32 // characters, from 1
	length   int32
	millis   int32
	sample   int32
	user     uintptr
	name     [8]byte
}

// cVoice is espeak_VOICE on 64-bit machines.
type cVoice struct {
	name       *byte
	languages  *byte // pairs of a priority byte and a NUL-terminated tag, ended by a zero byte
	identifier *byte
	gender     uint8
	_          [3]uint8 // age, variant, padding
	_          int32    // score
	_          uintptr  // spare
}

// library is libespeak-ng in this process. Its state is global and not safe for concurrent use, so it has one owner
// that makes one call at a time.
type library struct {
	rate    int
	version string

	setVoice func(name *byte) int32
	setParam func(parameter, value, relative int32) int32
	synth    func(text *byte, size uintptr, position uint32, positionType int32, end uint32, flags uint32, id *uint32,
		user uintptr) int32
	list func(spec uintptr) **cVoice

	samples []int16
	events  []event
	most    int // samples of one utterance
}

// event is a word or a phoneme as the library reports it.
type event struct {
	Word   bool   `json:"w,omitempty"`
	Name   string `json:"n,omitempty"` // a phoneme's IPA
	At     int    `json:"a"`           // samples
	Rune   int    `json:"r,omitempty"` // a word's place in the text, in characters from 0
	Length int    `json:"l,omitempty"` // a word's length, in characters
}

// open loads the library and starts it. It can be done once in the life of a process.
func open() (lib *library, err error) {
	if strconv.IntSize != 64 {
		return nil, errors.New("libespeak-ng is used on 64-bit machines only")
	}
	defer func() {
		if r := recover(); r != nil { // purego panics if a function is missing
			lib, err = nil, fmt.Errorf("libespeak-ng cannot be used: %v", r)
		}
	}()
	var handle uintptr
	for _, name := range libraryNames {
		if handle, err = purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_GLOBAL); err == nil {
			break
		}
	}
	if err != nil {
		return nil, fmt.Errorf("libespeak-ng cannot be loaded: %w", err)
	}
	lib = &library{}
	var initialize func(output, length int32, path uintptr, options int32) int32
	var setCallback func(uintptr)
	var info func(path *uintptr) string
	purego.RegisterLibFunc(&initialize, handle, "espeak_Initialize")
	purego.RegisterLibFunc(&setCallback, handle, "espeak_SetSynthCallback")
	purego.RegisterLibFunc(&info, handle, "espeak_Info")
	purego.RegisterLibFunc(&lib.setVoice, handle, "espeak_SetVoiceByName")
	purego.RegisterLibFunc(&lib.setParam, handle, "espeak_SetParameter")
	purego.RegisterLibFunc(&lib.synth, handle, "espeak_Synth")
	purego.RegisterLibFunc(&lib.list, handle, "espeak_ListVoices")
	rate := initialize(outputSync, 0, 0, optPhonemes|optIPA|optStay)
	if rate <= 0 {
		return nil, fmt.Errorf("libespeak-ng does not start (code %d): its data is missing", rate)
	}
	lib.rate = int(rate)
	var path uintptr
	lib.version = info(&path)
	setCallback(purego.NewCallback(lib.receive))
	return lib, nil
}

// receive is the library's callback: samples and events of a stretch of speech. It returns 0 to continue, 1 to stop.
func (l *library) receive(_ purego.CDecl, wav *int16, n int32, events *cEvent) uintptr {
	if wav == nil {
		return 0
	}
	l.samples = append(l.samples, unsafe.Slice(wav, n)...)
	for e := events; e != nil && e.kind != eventEnd; e = (*cEvent)(unsafe.Add(unsafe.Pointer(e), unsafe.Sizeof(*e))) {
		switch e.kind {
		case eventWord:
			l.events = append(l.events, event{Word: true, At: int(e.sample), Rune: int(e.position) - 1, Length: int(e.length)})
		case eventPhoneme:
			l.events = append(l.events, event{Name: cString(e.name[:]), At: int(e.sample)})
		}
	}
	if len(l.samples) > l.most {
		return 1
	}
	return 0
}

// speak returns the samples and events of the text of a request.
func (l *library) speak(r request) ([]int16, []event, error) {
	if code := l.setVoice(zero(r.Voice)); code != 0 {
		return nil, nil, fmt.Errorf("no voice %q (code %d)", r.Voice, code)
	}
	for _, p := range [...]struct{ id, value int32 }{
		{paramRate, int32(r.Rate)}, {paramVolume, 100}, {paramPitch, int32(r.Pitch)}, {paramRange, int32(r.Range)},
		{paramWordGap, int32(r.Gap)},
	} {
		if code := l.setParam(p.id, p.value, 0); code != 0 {
			return nil, nil, fmt.Errorf("parameter %d cannot be %d (code %d)", p.id, p.value, code)
		}
	}
	l.samples, l.events = l.samples[:0], l.events[:0]
	l.most = l.rate * 60 * (2 + len(r.Text)/100)
	text := zero(r.Text)
	if code := l.synth(text, uintptr(len(r.Text)+1), 0, 1, 0, charsUTF8, nil, 0); code != 0 {
		return nil, nil, fmt.Errorf("synthesis failed (code %d)", code)
	}
	if len(l.samples) > l.most {
		return nil, nil, errors.New("synthesis did not come to an end")
	}
	return l.samples, l.events, nil
}

// voices lists the library's voices.
func (l *library) voices() []rawVoice {
	var out []rawVoice
	head := l.list(0)
	if head == nil {
		return nil
	}
	for p := head; *p != nil; p = (**cVoice)(unsafe.Add(unsafe.Pointer(p), unsafe.Sizeof(uintptr(0)))) {
		v := *p
		raw := rawVoice{Name: goString(v.name), File: goString(v.identifier), Gender: int(v.gender)}
		for q := v.languages; q != nil && *q != 0; {
			raw.Priority = append(raw.Priority, int(*q))
			tag := goString((*byte)(unsafe.Add(unsafe.Pointer(q), 1)))
			raw.Languages = append(raw.Languages, tag)
			q = (*byte)(unsafe.Add(unsafe.Pointer(q), len(tag)+2))
		}
		out = append(out, raw)
	}
	return out
}

func zero(s string) *byte { return unsafe.SliceData(append([]byte(s), 0)) }

// cString is the text up to the first NUL, or all of b.
func cString(b []byte) string {
	for i, c := range b {
		if c == 0 {
			return string(b[:i])
		}
	}
	return string(b)
}

func goString(p *byte) string {
	if p == nil {
		return ""
	}
	n := 0
	for *(*byte)(unsafe.Add(unsafe.Pointer(p), n)) != 0 {
		n++
	}
	return string(unsafe.Slice(p, n))
}
