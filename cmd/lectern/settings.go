package main

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"lectern/internal/config"
)

// settingFlags returns a flag for every setting in the table of internal/config, so that no setting can lack a flag.
// The fields are *string: nil where the flag was not given.
func settingFlags() kong.Plugins {
	var fields []reflect.StructField
	for i, s := range config.Settings() {
		help := strings.ToUpper(s.Doc[:1]) + s.Doc[1:] + "."
		fields = append(fields, reflect.StructField{
			Name: fmt.Sprintf("F%d", i),
			Type: reflect.TypeFor[*string](),
			Tag:  reflect.StructTag(fmt.Sprintf("name:%q help:%q placeholder:%q group:\"Settings\"", s.Flag(), help, "…")),
		})
	}
	return kong.Plugins{reflect.New(reflect.StructOf(fields)).Interface()}
}

// givenFlags returns the values of the flags that were given, by the key of the setting.
func givenFlags(p kong.Plugins) map[string]string {
	given := map[string]string{}
	v := reflect.ValueOf(p[0]).Elem()
	for i, s := range config.Settings() {
		if at, ok := v.Field(i).Interface().(*string); ok && at != nil {
			given[s.Key] = *at
		}
	}
	return given
}
