// Command cldr writes the tables of internal/spoken/cldr from the npm packages of the Unicode CLDR: how numbers are
// spelled (cldr-rbnf), how units, currencies and large numbers are named in each plural form, and how dates are
// written.
//
// Run it in the folder tools:
//
//	go run ./cldr                 # fetches the packages with npm and writes ../internal/spoken/cldr
//	go run ./cldr -packages DIR   # reads the unpacked packages in DIR, one folder for each
//
// The output depends only on the packages. The file INPUTS records their names and checksums.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// version is the release of the CLDR that the tables come from.
const version = "48.2.0"

var packages = []string{"cldr-rbnf", "cldr-units-full", "cldr-numbers-full", "cldr-dates-full", "cldr-core"}

func main() {
	log.SetFlags(0)
	out := flag.String("out", filepath.Join("..", "internal", "spoken", "cldr"), "folder to write to")
	have := flag.String("packages", "", "folder that holds the packages, unpacked; empty: fetch them with npm")
	flag.Parse()
	if err := run(*out, *have); err != nil {
		log.Fatal(err)
	}
}

func run(out, have string) error {
	if have == "" {
		dir, err := os.MkdirTemp("", "lectern-cldr-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		if err := fetch(dir); err != nil {
			return err
		}
		have = dir
	}
	t, err := tables(have)
	if err != nil {
		return err
	}
	packed, sum, err := t.pack()
	if err != nil {
		return err
	}
	licence, err := os.ReadFile(filepath.Join(have, "cldr-core", "LICENSE"))
	if err != nil {
		return err
	}
	var inputs strings.Builder
	fmt.Fprintf(&inputs, "CLDR %s, from npm. The checksum of a package is over its files' names and contents, in order.\n",
		version)
	for _, p := range packages {
		sum, err := checksum(filepath.Join(have, p))
		if err != nil {
			return err
		}
		fmt.Fprintf(&inputs, "%s %s sha256:%s\n", p, version, sum)
	}
	fmt.Fprintf(&inputs, "tables sha256:%s\n", sum)
	for name, data := range map[string][]byte{"tables.zip": packed, "LICENSE": licence,
		"INPUTS": []byte(inputs.String())} {
		if err := os.WriteFile(filepath.Join(out, name), data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// pack returns the ZIP archive of all tables, and the checksum of its content. It has a file for each set of rules and
// one for each locale.
func (t *table) pack() ([]byte, string, error) {
	files := map[string]any{}
	for tag, r := range t.Rules {
		files["rules/"+tag+".json"] = r
	}
	for tag, l := range t.Locales {
		files["locales/"+tag+".json"] = l
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	w.RegisterCompressor(zip.Deflate,
		func(o io.Writer) (io.WriteCloser, error) { return flate.NewWriter(o, flate.BestCompression) })
	h := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		plain, err := json.Marshal(files[name])
		if err != nil {
			return nil, "", err
		}
		f, err := w.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate})
		if err != nil {
			return nil, "", err
		}
		if _, err := f.Write(plain); err != nil {
			return nil, "", err
		}
		fmt.Fprintf(h, "%s %d\n%s\n", name, len(plain), plain)
	}
	if err := w.Close(); err != nil {
		return nil, "", err
	}
	return out.Bytes(), hex.EncodeToString(h.Sum(nil)), nil
}

// fetch unpacks the packages into dir.
func fetch(dir string) error {
	for _, p := range packages {
		pack := exec.Command("npm", "pack", "--silent", p+"@"+version)
		pack.Dir, pack.Stderr = dir, os.Stderr
		if err := pack.Run(); err != nil {
			return fmt.Errorf("fetch %s: %w", p, err)
		}
		if err := os.Mkdir(filepath.Join(dir, p), 0o755); err != nil {
			return err
		}
		tar := exec.Command("tar", "-xzf", p+"-"+version+".tgz", "-C", p, "--strip-components=1")
		tar.Dir, tar.Stderr = dir, os.Stderr
		if err := tar.Run(); err != nil {
			return fmt.Errorf("unpack %s: %w", p, err)
		}
	}
	return nil
}

func checksum(dir string) (string, error) {
	h := sha256.New()
	err := filepath.WalkDir(dir, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, p)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", filepath.ToSlash(rel), len(data))
		h.Write(data)
		return nil
	})
	return hex.EncodeToString(h.Sum(nil)), err
}

// table is the content of the archive, which internal/spoken/cldr reads.
type table struct {
	Rules   map[string]map[string][][2]string
	Locales map[string]*locale
}

type locale struct {
	Decimal     string                       `json:"decimal,omitempty"`
	Group       string                       `json:"group,omitempty"`
	Order       string                       `json:"order,omitempty"`
	Date        string                       `json:"date,omitempty"`
	Months      []string                     `json:"months,omitempty"`
	MonthsAlone []string                     `json:"months_alone,omitempty"`
	MonthsShort []string                     `json:"months_short,omitempty"`
	Units       map[string]unit              `json:"units,omitempty"`
	Currencies  map[string]map[string]string `json:"currencies,omitempty"`
	Compact     map[string]map[string]string `json:"compact,omitempty"`
}

type unit struct {
	Gender string            `json:"gender,omitempty"`
	Forms  map[string]string `json:"forms"`
}

func tables(dir string) (*table, error) {
	t := &table{Rules: map[string]map[string][][2]string{}, Locales: map[string]*locale{}}
	if err := t.rules(filepath.Join(dir, "cldr-rbnf", "rbnf")); err != nil {
		return nil, err
	}
	tags, err := covered(filepath.Join(dir, "cldr-core", "coverageLevels.json"))
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		l, err := read(dir, tag, !strings.Contains(tag, "-"))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", tag, err)
		}
		t.Locales[tag] = l
	}
	return t, t.regions(dir)
}

// regions adds the regions of each language that write numbers or dates differently from it.
func (t *table) regions(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "cldr-numbers-full", "main"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		base, region, ok := strings.Cut(e.Name(), "-")
		parent := t.Locales[base]
		if !ok || parent == nil || strings.Contains(region, "-") || len(region) > 3 {
			continue
		}
		l, err := read(dir, e.Name(), false)
		if err != nil {
			return err
		}
		if l.Decimal == parent.Decimal {
			l.Decimal = ""
		}
		if l.Group == parent.Group {
			l.Group = ""
		}
		if l.Order == parent.Order {
			l.Order = ""
		}
		if l.Decimal != "" || l.Group != "" || l.Order != "" {
			t.Locales[e.Name()] = &locale{Decimal: l.Decimal, Group: l.Group, Order: l.Order}
		}
	}
	return nil
}

// rules reads the rules by which all languages spell numbers.
func (t *table) rules(dir string) error {
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil {
		return err
	}
	for _, f := range files {
		tag := strings.TrimSuffix(filepath.Base(f), ".json")
		if tag == "und" {
			continue
		}
		var doc struct {
			RBNF struct {
				RBNF map[string]map[string]json.RawMessage `json:"rbnf"`
			} `json:"rbnf"`
		}
		if err := load(f, &doc); err != nil {
			return err
		}
		sets := map[string][][2]string{}
		for name, raw := range doc.RBNF.RBNF["SpelloutRules"] {
			if strings.HasPrefix(name, "_") || name == "%%lenient-parse" {
				continue
			}
			var lines [][2]string
			if err := json.Unmarshal(raw, &lines); err != nil {
				return fmt.Errorf("%s %s: %w", f, name, err)
			}
			sets[name] = lines
		}
		if len(sets) > 0 {
			t.Rules[tag] = sets
		}
	}
	return nil
}

// covered lists the languages whose coverage in the CLDR is modern or moderate.
func covered(file string) ([]string, error) {
	var doc struct {
		Levels map[string]string `json:"effectiveCoverageLevels"`
	}
	if err := load(file, &doc); err != nil {
		return nil, err
	}
	var out []string
	for tag, level := range doc.Levels {
		if !strings.Contains(tag, "-") && (level == "modern" || level == "moderate") {
			out = append(out, tag)
		}
	}
	slices.Sort(out)
	return out, nil
}

func load(file string, into any) error {
	data, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}
