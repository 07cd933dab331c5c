package slides

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/weblib"
)

//go:embed all:data
var files embed.FS

// contract is raised when pages look different although no file under data has changed.
const contract = "slides/1"

// fallback is the template for slides with an unknown template.
const fallback = "content"

// Library holds the templates and themes. It is immutable and safe for concurrent use.
type Library struct {
	templates   map[string]*design
	order       []string          // ids as Templates lists them
	aliases     map[string]string // other spellings of ids
	themes      map[string]theme
	themeOrder  []string
	spellings   map[string][]string
	page        *template.Template
	css         string        // of every page
	script      string        // of every page
	draw        weblib.Script // of pages with formulas or diagrams, after the libraries that draw them
	drawCSS     string
	marpScript  weblib.Script // of pages that marp-core draws
	fingerprint string
	limits      lectern.Limits
}

// design is a template, ready to be filled in.
type design struct {
	manifest
	html *template.Template
	css  string
	name string // of the folder that holds html and css, for the class of the slide
}

// manifest is the file manifest.json of a template's folder.
type manifest struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	Order       int            `json:"order"`
	Extends     string         `json:"extends"` // another template, whose html and css this one uses
	Variant     string         `json:"variant"` // becomes the class v-<variant>
	Hero        bool           `json:"hero"`    // uses the theme's hero colours
	Hidden      bool           `json:"hidden"`  // only parsers choose it: it is not listed
	Aliases     []string       `json:"aliases"` // other ids of this template
	Props       []prop         `json:"props"`
	Sample      map[string]any `json:"sample"`
}

// prop is one prop of a manifest. Role is the name under which the html reads it; it defaults to Name.
type prop struct {
	Name        string   `json:"name"`
	Role        string   `json:"role"`
	Type        string   `json:"type"`
	Required    bool     `json:"required"`
	Description string   `json:"description"`
	Option      bool     `json:"option"`  // sets how another prop is shown; is not shown itself
	Also        []string `json:"also"`    // other spellings, in addition to those that all templates share
	Choices     []string `json:"choices"` // values of a choice, the default first
}

// New reads the templates and themes in the binary. It fails only if one of them is broken.
func New() (*Library, error) {
	data, err := fs.Sub(files, "data")
	if err != nil {
		return nil, err
	}
	l := &Library{templates: map[string]*design{}, aliases: map[string]string{}, themes: map[string]theme{},
		limits: lectern.DefaultLimits()}
	for _, step := range []func(fs.FS) error{l.readBase, l.readThemes, l.readTemplates, l.readFingerprint} {
		if err := step(data); err != nil {
			return nil, fmt.Errorf("slides: %w", err)
		}
	}
	return l, nil
}

// Bounded returns the library with other limits for the pictures of slides.
func (l *Library) Bounded(lim lectern.Limits) *Library {
	c := *l
	c.limits = lim
	return &c
}

func (l *Library) readBase(data fs.FS) error {
	var read [7][]byte
	for i, name := range []string{"base/base.css", "base/fit.js", "base/spellings.json", "base/page.html", "base/draw.js",
		"base/draw.css", "base/marp.js"} {
		b, err := fs.ReadFile(data, name)
		if err != nil {
			return err
		}
		read[i] = b
	}
	l.css, l.script = string(read[0]), string(bytes.TrimSpace(read[1]))
	l.draw, l.drawCSS = weblib.NewScript(string(bytes.TrimSpace(read[4]))), string(read[5])
	l.marpScript = weblib.NewScript(string(bytes.TrimSpace(read[6])))
	if err := strict(read[2], &l.spellings); err != nil {
		return fmt.Errorf("spellings.json: %w", err)
	}
	t, err := template.New("page").Parse(string(read[3]))
	if err != nil {
		return err
	}
	l.page = t
	return nil
}

func (l *Library) readTemplates(data fs.FS) error {
	partials, err := fs.ReadFile(data, "base/partials.html")
	if err != nil {
		return err
	}
	folders, err := fs.ReadDir(data, "templates")
	if err != nil {
		return err
	}
	for _, f := range folders {
		d := &design{name: f.Name()}
		b, err := fs.ReadFile(data, path.Join("templates", f.Name(), "manifest.json"))
		if err != nil {
			return err
		}
		if err := strict(b, &d.manifest); err != nil {
			return fmt.Errorf("templates/%s/manifest.json: %w", f.Name(), err)
		}
		if d.Extends != "" {
			d.name = d.Extends
		}
		if err := d.check(f.Name()); err != nil {
			return fmt.Errorf("templates/%s: %w", f.Name(), err)
		}
		if err := d.read(data, string(partials)); err != nil {
			return fmt.Errorf("templates/%s: %w", f.Name(), err)
		}
		if err := readSample(data, d.Sample); err != nil {
			return fmt.Errorf("templates/%s: sample: %w", f.Name(), err)
		}
		l.templates[d.ID] = d
		if !d.Hidden {
			l.order = append(l.order, d.ID)
		}
		for _, a := range d.Aliases {
			l.aliases[a] = d.ID
		}
	}
	slices.SortFunc(l.order, func(a, b string) int {
		if c := l.templates[a].Order - l.templates[b].Order; c != 0 {
			return c
		}
		return strings.Compare(a, b)
	})
	if l.templates[fallback] == nil {
		return fmt.Errorf("the template %q is missing", fallback)
	}
	return nil
}

func (d *design) read(data fs.FS, partials string) error {
	html, err := fs.ReadFile(data, path.Join("templates", d.name, "template.html"))
	if err != nil {
		return err
	}
	css, err := fs.ReadFile(data, path.Join("templates", d.name, "style.css"))
	if err != nil {
		return err
	}
	d.css = string(css)
	d.html, err = template.New("slide/" + d.ID).Funcs(template.FuncMap{"icon": icon}).Parse(partials)
	if err == nil {
		d.html, err = d.html.Parse(string(html))
	}
	return err
}

// check refuses a manifest that contradicts its template.
func (d *design) check(folder string) error {
	switch {
	case d.ID != folder:
		return fmt.Errorf("the id %q is not the folder's name", d.ID)
	case d.Name == "" || d.Description == "":
		return fmt.Errorf("name or description is missing")
	case len(d.Props) == 0 || len(d.Sample) == 0:
		return fmt.Errorf("props or sample is missing")
	}
	names := map[string]bool{}
	for i := range d.Props {
		p := &d.Props[i]
		if p.Role == "" {
			p.Role = p.Name
		}
		if p.Name == "" || p.Description == "" || names[p.Name] {
			return fmt.Errorf("the prop %q has no name or no description, or occurs twice", p.Name)
		}
		if !slices.Contains([]string{"text", "list", "image", "table", "code", "choice", "markdown",
			"pictures", "source"}, p.Type) ||
			(p.Type == "choice") != (len(p.Choices) > 1) {
			return fmt.Errorf("the prop %q has the type %q, which is unknown or does not fit its %d choices", p.Name,
				p.Type, len(p.Choices))
		}
		names[p.Name] = true
	}
	for k := range d.Sample {
		if !names[k] {
			return fmt.Errorf("the sample has %q, which is not a prop", k)
		}
	}
	return nil
}

// readSample replaces names "sample:file" in a sample by the pictures of data/samples.
func readSample(data fs.FS, v map[string]any) error {
	for k, e := range v {
		s, ok := e.(string)
		if !ok {
			continue
		}
		name, ok := strings.CutPrefix(s, "sample:")
		if !ok {
			continue
		}
		b, err := fs.ReadFile(data, path.Join("samples", name))
		if err != nil {
			return err
		}
		v[k] = "data:image/svg+xml;base64," + base64.StdEncoding.EncodeToString(b)
	}
	return nil
}

func (l *Library) readFingerprint(data fs.FS) error {
	h := sha256.New()
	fmt.Fprintln(h, contract)
	err := fs.WalkDir(data, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := fs.ReadFile(data, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(h, "%s %d\n", name, len(b))
		h.Write(b)
		return nil
	})
	l.fingerprint = hex.EncodeToString(h.Sum(nil))
	return err
}

// strict decodes JSON and refuses unknown fields.
func strict(b []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	return d.Decode(into)
}

// Fingerprint identifies all templates and themes: two libraries with the same fingerprint make the same pages. It does
// not cover the machine's fonts.
func (l *Library) Fingerprint() string { return l.fingerprint }

// Templates lists every template, in the order that their manifests set. The caller may change the samples.
func (l *Library) Templates() []lectern.Template {
	out := make([]lectern.Template, 0, len(l.order))
	for _, id := range l.order {
		d := l.templates[id]
		t := lectern.Template{ID: d.ID, Name: d.Name, Description: d.Description,
			Sample: clone(d.Sample).(map[string]any)}
		for _, p := range d.Props {
			t.Props = append(t.Props, lectern.TemplateProp{Name: p.Name, Type: p.Type, Required: p.Required,
				Description: p.Description, Choices: slices.Clone(p.Choices)})
		}
		out = append(out, t)
	}
	return out
}

// PropKind returns the type of a template's prop by its name in any spelling: "text", "list", "image", "table", "code",
// "choice", "markdown" or "pictures". It is "" for a name that the template does not have, and for options other than
// alternative texts.
func (l *Library) PropKind(template, name string) string {
	d, ok := l.find(template)
	if !ok {
		d = l.templates[lectern.DefaultTemplate]
	}
	name = squash(name)
	for _, p := range d.Props {
		for _, spelling := range slices.Concat([]string{p.Name, p.Role}, p.Also, l.spellings[p.Role]) {
			switch {
			case squash(spelling) != name:
			case p.Option && p.Role != "alt", p.Type == "source" && p.Role != "markdown":
				return ""
			case p.Type == "source":
				return "markdown"
			default:
				return p.Type
			}
		}
	}
	if series.MatchString(name) && !slices.Contains(notes, name) {
		return "list" // bullet1, bullet2
	}
	return ""
}

// clone copies decoded JSON.
func clone(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := maps.Clone(v)
		for k, e := range c {
			c[k] = clone(e)
		}
		return c
	case []any:
		c := slices.Clone(v)
		for i, e := range c {
			c[i] = clone(e)
		}
		return c
	}
	return v
}

// find returns the template with that id, in any spelling: with or without "-slide" or "-template", in camelCase or
// snake_case.
func (l *Library) find(id string) (*design, bool) {
	id = kebab(id)
	for _, try := range []string{id, strings.TrimSuffix(id, "-slide"), strings.TrimSuffix(id, "-template")} {
		if a, ok := l.aliases[try]; ok {
			try = a
		}
		if d, ok := l.templates[try]; ok {
			return d, true
		}
	}
	return nil, false
}

// kebab writes an id in the form of template names: lower case with hyphens.
func kebab(s string) string {
	var b strings.Builder
	lower := false
	for _, r := range strings.TrimSpace(s) {
		if b.Len() > 100 {
			break
		}
		switch {
		case r == '_' || r == ' ' || r == '-':
			b.WriteByte('-')
			lower = false
			continue
		case r >= 'A' && r <= 'Z':
			if lower {
				b.WriteByte('-')
			}
			r += 'a' - 'A'
			lower = false
		default:
			lower = true
		}
		b.WriteRune(r)
	}
	return b.String()
}
