// Package config turns flags, environment and a file into one typed value.
//
// Every setting is defined once, in the table of [Settings], with its key, its meaning, what it allows and how its text
// is read. The file, the environment, the flags, the example file and the messages all come from that table. A setting
// is looked up as flag, then LECTERN_* variable, then lectern.yaml, then default. The error for a bad value has its
// key, where it was set and what is allowed.
//
// The address of the database may hold a password: [Config.Show] hides it; prefer the environment to a flag for it.
// Other secrets are not settings: they come from the environment, or from a file that a setting names, and never appear
// in [Config.Show]. See [Config.ReadSecrets].
package config

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"lectern"
)

// DefaultFile is the settings file that is read when none is named. It may be absent; a named one may not.
const DefaultFile = "lectern.yaml"

// EnvPrefix begins every variable that is a setting: cleanup.delay is LECTERN_CLEANUP_DELAY.
const EnvPrefix = "LECTERN_"

// Config is what the program runs with. Every field has a setting of its own; see [Settings].
type Config struct {
	Addr        string // where serve listens: host:port, or :port for all interfaces
	DataDir     string // database, artifacts and cache
	DB          string // postgres://…, which may hold a password; "": SQLite in DataDir
	Role        string // what this process does of all, api, worker
	Log         Log    //
	Workers     int    // presentations that are rendered at once
	Encoders    int    // ffmpeg processes at once, over all presentations; 0: one per core
	Encoder     string // who encodes pictures that have to be encoded whole: auto, software, or one in hardware
	Compat      bool   // every picture is encoded whole; nothing is spliced
	Tabs        int    // browser tabs at once
	Voices      int    // narrations spoken at once
	Limits      lectern.Limits
	Heartbeat   time.Duration // a running presentation beats this often (J8)
	Lease       time.Duration // without a beat for this long, a run counts as lost (J8)
	CleanupWait time.Duration // scratch files go this long after the end (J12)
	Retention   time.Duration // a presentation and its files go this long after the end (J12)
	CacheLimit  int64         // bytes
	StopGrace   time.Duration // how long serve waits for requests to end after the first signal
	Avatar      string        // who presents where a deck names no avatar
	HTTP        HTTP
	AdminAddr   string // where metrics and profiles are served apart from addr; "": metrics at addr, no profiles
	DBSession   string // a direct Postgres address next to a pool in DB; "": DB serves for all
	SecretKey   string // a file with the key that seals secrets in the database; "": see Secrets
	Queue       Queue
	Keys        lectern.Quota // of every key that has no bounds of its own
	Chromium    Chromium
	Subtitles   bool // the subtitle track of a video is shown unless its viewer turns it off
	Assets      Assets
	Telemetry   Telemetry
	Webhook     Webhook
	Elai        Elai
	Tools       Tools
}

// The roles of a process: it serves and renders, or one of them.
const (
	RoleAll    = "all"
	RoleAPI    = "api"
	RoleWorker = "worker"
)

// Elai is the external avatar engine of that name. Its token is no setting: see Secrets.
type Elai struct {
	URL         string
	TokenFile   string        // "": the token comes from the environment, or there is none
	Concurrency int           // renders that are awaited at once
	Tries       int           // of a call that changes nothing, and of a render whose calls find nobody
	Poll        time.Duration // between looks at a render
	Timeout     time.Duration // for one render
	Price       Price         // of a minute of video
}

// Price is an amount of money, "1.50 EUR", or "": unknown. It is a string so that a Config can be compared.
type Price string

// Amount returns the price in millionths of its currency. The currency is "" for none.
func (p Price) Amount() (micros int64, currency string) {
	micros, currency, _ = parsePrice(string(p)) // checked when it was set
	return micros, currency
}

// List is several words in one setting, separated by commas. It is a string so that a Config can be compared.
type List string

// Items are the words, in order, without the empty ones.
func (l List) Items() []string {
	var items []string
	for item := range strings.SplitSeq(string(l), ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// HTTP says who may use the HTTP interface from where.
type HTTP struct {
	Keyless bool // other addresses than loopback are served although there is no key
	// values of the Host header that are answered; empty: loopback's names, and all where there is a key
	Hosts             List
	Origins           List          // origins of other sites whose pages may use the interface
	TrustedProxies    List          // networks whose forwarding headers are believed, as CIDR
	BaseURL           string        // the address under which the outside reaches the server; "": links are paths
	Streams           int           // event streams and long polls at once
	StreamsPerAddress int           // of one client address
	Ranges            int           // ranges of one request
	LargeBodies       int           // bodies of more than 1 MiB that are read at once
	CheckTime         time.Duration // how long a dry run may measure slides in the browser
}

// Queue bounds what waits.
type Queue struct {
	Presentations int   // that wait
	StoredBytes   int64 // of all decks that are stored
}

// Chromium says how the browser is started and bounded.
type Chromium struct {
	Sandbox string        // SandboxAuto, SandboxOn or SandboxOff
	Memory  int64         // bytes that the browser's processes may have together
	Page    time.Duration // processor time that the picture of one slide may take
}

// How Chromium's sandbox is used.
const (
	SandboxAuto = "auto" // on, unless it cannot start on this machine
	SandboxOn   = "on"
	SandboxOff  = "off"
)

// Log configures the log: what is written and where.
type Log struct {
	File    string     // JSON lines; "" writes none
	Level   slog.Level // on the terminal and in the file
	MaxSize int64      // bytes of a file before it is rotated
	Keep    int        // rotated files that are kept
}

// Assets says which pictures a deck may load, and which files are kept for decks.
type Assets struct {
	// addresses in private networks too; a stranger's deck could then read what only this machine may
	AllowPrivate bool
	Ports        List          // of addresses that pictures are loaded from
	Upload       int64         // bytes of an uploaded file
	Keep         time.Duration // from the last use of an uploaded file to its removal
}

// Numbers are Ports as numbers. Without any, no port may be used.
func (a Assets) Numbers() []uint16 {
	list := []uint16{}
	for _, item := range a.Ports.Items() {
		if n, err := strconv.ParseUint(item, 10, 16); err == nil {
			list = append(list, uint16(n))
		}
	}
	return list
}

// Webhook says which addresses messages may be sent to.
type Webhook struct {
	// AllowPrivate also allows addresses in private networks; then everyone who may create presentations can reach them.
	AllowPrivate bool
}

// Telemetry configures exporters other than /metrics.
type Telemetry struct {
	OTLP string // where traces go, "http://host:4318"; "": where the OTEL_… variables say, or nowhere
}

// Tools are the programs of others. An empty path means: look on PATH and in the usual places.
type Tools struct {
	FFmpeg   string
	Chromium string
	Flite    string
}

// Source is where settings come from. The zero Source has only the defaults and DefaultFile.
type Source struct {
	Flags   map[string]string // key → text, only those that were given
	Environ []string          // as os.Environ returns it
	File    string            // a named file must exist; empty: DefaultFile, if there is one
}

// Load reads every setting. Its error is an *Error: it names the key, where it was set and what is allowed, and lists
// further faults in More. The warnings are sentences about variables that look like misspelt settings.
func Load(src Source) (Config, []string, error) {
	layers, err := read(src)
	if err != nil {
		return Config{}, nil, err
	}
	cfg := Default()
	var faults []*Error
	for _, s := range Settings() {
		for i := len(layers) - 1; i >= 0; i-- {
			l := layers[i]
			if !l.values.Exists(s.Key) {
				continue
			}
			if err := s.set(&cfg, text(l.values.Get(s.Key))); err != nil {
				faults = append(faults, &Error{Key: s.Key, Place: l.place(s), Allowed: s.Allowed, Cause: err})
			}
			break
		}
	}
	faults = append(faults, unknown(layers)...)
	if len(faults) == 0 {
		faults = cfg.check()
	}
	if len(faults) > 0 {
		return Config{}, nil, join(faults)
	}
	return cfg, misspelt(src.Environ), nil
}

// layer is one place that settings come from.
type layer struct {
	name   string // "lectern.yaml", "the environment", "the command line"
	values *koanf.Koanf
	place  func(Setting) string
}

// read returns the layers from the weakest to the strongest.
func read(src Source) ([]layer, error) {
	var layers []layer
	path, named := src.File, src.File != ""
	if !named {
		path = DefaultFile
	}
	values := koanf.New(".")
	switch err := values.Load(file.Provider(path), yaml.Parser()); {
	case err == nil:
		layers = append(layers, layer{path, values, func(s Setting) string { return path }})
	case !named && errors.Is(err, fs.ErrNotExist):
	case errors.Is(err, fs.ErrNotExist):
		return nil, &Error{Place: path, Cause: errors.New("there is no such file"),
			Allowed: "name an existing settings file with --config, or leave the flag out"}
	default:
		return nil, &Error{Place: path, Cause: err, Allowed: "a YAML file like lectern.example.yaml"}
	}
	chosen := variablesIn(src.Environ)
	byVariable := map[string]string{}
	for key, name := range chosen {
		byVariable[name] = key
	}
	values = koanf.New(".")
	err := values.Load(env.Provider(".", env.Opt{
		Prefix: EnvPrefix,
		TransformFunc: func(k, v string) (string, any) {
			if v == "" {
				return "", nil // an empty variable is one that is not set
			}
			return byVariable[k], v
		},
		EnvironFunc: func() []string { return src.Environ },
	}), nil)
	if err != nil {
		return nil, fmt.Errorf("read the environment: %w", err)
	}
	layers = append(layers, layer{"the environment", values, func(s Setting) string { return chosen[s.Key] }})
	given := map[string]any{}
	for k, v := range src.Flags {
		given[k] = v
	}
	values = koanf.New(".")
	if err := values.Load(confmap.Provider(given, "."), nil); err != nil {
		return nil, fmt.Errorf("read the flags: %w", err)
	}
	return append(layers, layer{"the command line", values, func(s Setting) string { return "--" + s.Flag() }}), nil
}

// variablesIn returns, by key, the variable that counts of those that are set. An empty variable counts as not set.
func variablesIn(environ []string) map[string]string {
	set := map[string]bool{}
	for _, e := range environ {
		name, value, _ := strings.Cut(e, "=")
		set[name] = value != ""
	}
	chosen := map[string]string{}
	for _, s := range Settings() {
		if at := slices.IndexFunc(s.Variables(), func(name string) bool { return set[name] }); at >= 0 {
			chosen[s.Key] = s.Variables()[at]
		}
	}
	return chosen
}

// unknown finds keys that no setting has. Only the file and the flags are held to that: other programs own
// variables that begin with LECTERN_ too (Kubernetes sets LECTERN_PORT for a service of that name).
func unknown(layers []layer) []*Error {
	known := Keys()
	var faults []*Error
	for _, l := range layers {
		if l.name == "the environment" {
			continue
		}
		for _, k := range l.values.Keys() {
			if slices.Contains(known, k) {
				continue
			}
			e := &Error{Key: k, Place: l.name, Cause: errors.New("there is no such setting")}
			if near := nearest(k, known); near != "" {
				e.Allowed = "did you mean " + near + "?"
			} else {
				e.Allowed = "one of " + strings.Join(known, ", ")
			}
			faults = append(faults, e)
		}
	}
	return faults
}

// misspelt names LECTERN_* variables that are no setting but nearly one.
func misspelt(environ []string) []string {
	var said []string
	own := []string{ // no settings, but ours
		EnvPrefix + "CONFIG", EnvPrefix + "SERVER", EnvPrefix +
			"KEY", APIKeyVariable, SecretKeyVariable, WebhookVariable, ElaiWebhookVariable,
	}
	known := slices.Clone(own)
	for _, s := range Settings() {
		known = append(known, s.Variables()...)
	}
	for _, e := range environ {
		name, _, _ := strings.Cut(e, "=")
		if !strings.HasPrefix(name, EnvPrefix) || slices.Contains(known, name) {
			continue
		}
		if near := nearestVariable(name, known); near != "" {
			said = append(said, fmt.Sprintf("The variable %s is not a setting and is ignored; did you mean %s?", name, near))
		}
	}
	return said
}

// check holds what one setting alone cannot know.
func (c Config) check() []*Error {
	var faults []*Error
	if c.Lease < 2*c.Heartbeat {
		faults = append(faults, &Error{
			Key: "lease.timeout", Cause: fmt.Errorf("%s is less than two heartbeats of %s, so a healthy run could be taken for "+
				"a lost one", c.Lease, c.Heartbeat),
			Allowed: "at least twice heartbeat.interval",
		})
	}
	if c.Role != RoleAll && c.DB == "" {
		faults = append(faults, &Error{
			Key: "role", Cause: fmt.Errorf("a process that is only %q shares its work with others, which SQLite cannot do",
				c.Role),
			Allowed: "all, or a Postgres database in db",
		})
	}
	if c.DBSession != "" && c.DB == "" {
		faults = append(faults, &Error{
			Key: "db_session", Cause: errors.New("it is a second address of the database in db, and db is " +
				"empty"), Allowed: "nothing, or a Postgres database in db too",
		})
	}
	if c.Limits.MinSide > c.Limits.MaxSide {
		faults = append(faults, &Error{
			Key: "limits.min_side", Cause: fmt.Errorf("%d is more than limits.max_side, %d", c.Limits.MinSide, c.Limits.MaxSide),
			Allowed: "at most limits.max_side",
		})
	}
	return faults
}

// Path returns the path of one of Lectern's own files in the data folder.
func (c Config) Path(name ...string) string {
	return filepath.Join(append([]string{c.DataDir}, name...)...)
}

// Show returns every setting with its value, in the order of the example file.
func (c Config) Show() [][2]string {
	var out [][2]string
	for _, s := range Settings() {
		out = append(out, [2]string{s.Key, s.get(c)})
	}
	return out
}

// Error says which setting is wrong, where it was set, and what it may be.
type Error struct {
	Key     string // "" where the place as a whole is wrong
	Place   string // a file, a variable, a flag; "" where several together are wrong
	Allowed string
	Cause   error
	More    []*Error // further faults of the same load
}

// Error implements error: one sentence a fault.
func (e *Error) Error() string {
	var b strings.Builder
	switch {
	case e.Key != "" && e.Place != "":
		fmt.Fprintf(&b, "the setting %s in %s is wrong: %v", e.Key, e.Place, e.Cause)
	case e.Key != "":
		fmt.Fprintf(&b, "the setting %s is wrong: %v", e.Key, e.Cause)
	default:
		fmt.Fprintf(&b, "the settings in %s cannot be read: %v", e.Place, e.Cause)
	}
	if e.Allowed != "" {
		fmt.Fprintf(&b, " (allowed: %s)", e.Allowed)
	}
	for _, m := range e.More {
		b.WriteString("\n")
		b.WriteString(m.Error())
	}
	return b.String()
}

// Unwrap returns the fault underneath.
func (e *Error) Unwrap() error { return e.Cause }

func join(faults []*Error) *Error {
	first := *faults[0]
	first.More = faults[1:]
	return &first
}

// text is a value of YAML or of a variable as a user would write it.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any: // a list in YAML's own form
		items := make([]string, len(v))
		for i := range v {
			items[i] = text(v[i])
		}
		return strings.Join(items, ", ")
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
