package office

import (
	"maps"
	"slices"
	"testing"
)

func TestFamiliesOfFontconfigAreRead(t *testing.T) {
	t.Parallel()
	got := slices.Sorted(maps.Keys(families("DejaVu Sans,DejaVu Sans Light\nNoto Sans CJK JP\n\nAdobe\\-Font\n")))
	if want := []string{"adobe-font", "dejavusans", "dejavusanslight", "notosanscjkjp"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestNamesOfTypefacesHaveNoMeaningForFontconfig(t *testing.T) {
	t.Parallel()
	if got := pattern(`A-b:c,d=e\f`); got != `:family=A\-b\:c\,d\=e\\f` {
		t.Errorf("%q", got)
	}
}

// What fontconfig of this machine draws: an installed family itself, another one for a name that no font has, and
// nothing for fonts of symbols.
func TestTypefacesOfThisMachine(t *testing.T) {
	t.Parallel()
	var faces Typefaces
	const unknown = "Nonexistent Grotesk Ultra"
	first, err := faces.Of(t.Context(), []string{unknown, "Wingdings", "", ":family=x-y"})
	if err != nil {
		t.Fatal(err)
	}
	instead := first[unknown]
	if len(first) != 2 || instead.Family == "" || instead.Same {
		t.Fatalf("%+v", first)
	}
	again, err := faces.Of(t.Context(), []string{unknown, instead.Family, "Calibri"})
	if err != nil {
		t.Fatal(err)
	}
	if again[unknown] != instead || again[instead.Family] != (Typeface{instead.Family, true}) {
		t.Errorf("%+v", again)
	}
	if faces.installed["carlito"] && !faces.installed["calibrilight"] {
		light, err := faces.Of(t.Context(), []string{"Calibri Light"})
		if err != nil || light["Calibri Light"] != (Typeface{Family: "Carlito"}) {
			t.Errorf("Calibri Light: %+v, %v", light, err)
		}
	}
	if c := again["Calibri"]; c.Same != (fold(c.Family) == "carlito" || fold(c.Family) == "calibri") {
		t.Errorf("Calibri is %+v", c)
	}
}
