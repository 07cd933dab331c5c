package soak

import (
	"slices"
	"testing"
)

func TestRepresentativesAlwaysRun(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	for value, want := range map[string][]string{"": {"b", "d"}, "1": all} {
		t.Setenv(Variable, value)
		if got := Pick(all, "d", "b"); !slices.Equal(got, want) {
			t.Errorf("%s=%q picks %v, not %v", Variable, value, got, want)
		}
		if runs := Cases(t, "d", "b"); !runs("b") || !runs("d") || runs("a") != All() {
			t.Errorf("%s=%q runs other cases", Variable, value)
		}
		if runs := Cases(t); !runs("a") {
			t.Errorf("%s=%q does not run a case although there are no representatives", Variable, value)
		}
		if got := Rounds(2, 90); got != map[bool]int{false: 2, true: 90}[All()] {
			t.Errorf("%s=%q: %d rounds", Variable, value, got)
		}
	}
	if !slices.Equal(all, []string{"a", "b", "c", "d"}) {
		t.Errorf("the cases were changed: %v", all)
	}
}

func TestUnknownRepresentativesAreFaults(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("Pick accepts a representative that is not among the cases")
		}
	}()
	n := &noted{}
	Cases(n, "a", "b")("a")
	if n.end(); n.errors != 1 {
		t.Errorf("%d errors, but one representative is not among the cases", n.errors)
	}
	Pick([]int{1, 2}, 3)
}

// noted is a test that counts its errors.
type noted struct {
	end    func()
	errors int
}

func (n *noted) Helper()               {}
func (n *noted) Cleanup(f func())      { n.end = f }
func (n *noted) Errorf(string, ...any) { n.errors++ }
