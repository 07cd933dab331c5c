package main

import "testing"

// A flag that is given becomes a setting, and no other does.
func TestFlagsBecomeSettings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		flags  overrideFlags
		preset string
		want   string
	}{
		{want: ""},
		{flags: overrideFlags{Draw: "marp"}, want: `{"draw":"marp"}`},
		{flags: overrideFlags{Dialect: "slidev", Draw: "lectern", Narration: "notes"}, preset: "draft",
			want: `{"dialect":"slidev","draw":"lectern","narration":"notes","preset":"draft"}`},
	} {
		got, err := c.flags.settings(c.preset)
		if err != nil || string(got) != c.want {
			t.Errorf("%+v: %s, %v", c.flags, got, err)
		}
	}
}
