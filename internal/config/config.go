// Package config reads the settings from flags, the environment and a file into one typed value.
//
// Every setting is defined once, in the table of [Settings]: its key, its meaning, its allowed values and how to read
// it. Flags, variables, file keys and messages come from that table, and a test compares lectern.example.yaml with it.
// A setting is looked up as a flag, then as a LECTERN_* variable, then in lectern.yaml; else it has its default. The
// error for an invalid value names the key, where it was set and what is allowed.
//
// The address of the database may hold a password, which [Config.Show] hides. Other users of the machine can see flags,
// so set this address in the environment. Other secrets are not settings: they come from the environment, or from a
// file that a setting names, and never appear in [Config.Show]. See [Config.ReadSecrets].
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

// DefaultFile is the settings file that is read when none is named. It may be missing. A file that is named must exist.
const DefaultFile = "lectern.yaml"

// EnvPrefix begins every variable that is a setting: cleanup.delay is LECTERN_CLEANUP_DELAY.
const EnvPrefix = "LECTERN_"

// Config is what the program runs with. Every field has a setting of its own; see [Settings].
type Config struct {
	Addr        string // where serve listens: host:port, or :port for all interfaces
	DataDir     string // database, artifacts and cache
	DB          string // postgres://…, which may hold a password; "": SQLite in DataDir
	Role        string // what this process does: all, api or worker
	Log         Log
	Workers     int    // presentations that are rendered at once
	Encoders    int    // ffmpeg processes at once, over all presentations; 0: one per core
	Encoder     string // the encoder of pictures that are encoded whole: auto, software, or a hardware encoder
	Compat      bool   // every picture is encoded whole; nothing is spliced
	Tabs        int    // browser tabs at once
	Voices      int    // narrations that one voice engine speaks at once
	Limits      lectern.Limits
	Heartbeat   time.Duration // between two heartbeats of a run (J8)
	Lease       time.Duration // without a heartbeat for this long, a run counts as lost (J8)
	CleanupWait time.Duration // from the end of a presentation to the removal of its scratch files (J12)
	Retention   time.Duration // from the end of a presentation to its removal with its files (J12)
	CacheLimit  int64         // bytes
	StopGrace   time.Duration // how long serve waits for requests to end after the first signal
	Avatar      string        // the avatar of decks that name none
	HTTP        HTTP
	AdminAddr   string // a separate address for metrics and profiles; "": metrics at Addr, no profiles
	DBSession   string // the address of Postgres itself if DB is a pool; "": DB is used for everything
	SecretKey   string // a file with the key that encrypts secrets in the database; "": see Secrets
	Queue       Queue
	Keys        lectern.Quota // of every key without quotas of its own
	Chromium    Chromium
	Subtitles   bool // players show the subtitle track of a video by default
	Assets      Assets
	Telemetry   Telemetry
	Webhook     Webhook
	Elai        Elai
	Office      Office
	Tools       Tools
}

// The roles of a process: it serves and renders, or one of them.
const (
	RoleAll    = "all"
	RoleAPI    = "api"
	RoleWorker = "worker"
)

// Elai has the settings of the avatar service Elai. Its token is not a setting: see Secrets.
type Elai struct {
	URL         string
	TokenFile   string        // "": the token comes from the environment, or there is none
	Concurrency int           // renders that are awaited at once
	Tries       int           // of a repeatable request, and of a render while Elai cannot be reached
	Poll        time.Duration // between two polls of a render
	Timeout     time.Duration // for one render
	Price       Price         // of a minute of video
}

// Price is an amount of money, "1.50 EUR", or "": unknown. It is a string so that a Config can be compared.
type Price string

// Amount returns the price in millionths of its currency. If there is no price, currency is "".
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

// HTTP says who may use the HTTP interface, and bounds its use.
type HTTP struct {
	Keyless bool // other machines are served although there is no key
	// allowed values of the Host header; empty: names of loopback, and with a key every name
	Hosts             List
	Origins           List          // origins of other sites whose pages may use the interface
	TrustedProxies    List          // networks of proxies whose forwarding headers are trusted, as CIDR
	BaseURL           string        // the public address of the server; "": links are paths
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
	// also allow addresses in private networks; any deck can then show what only this machine can read
	AllowPrivate bool
	Ports        List          // of addresses that pictures are loaded from
	Upload       int64         // bytes of an uploaded file
	Keep         time.Duration // from the last use of an uploaded file to its removal
}

// Numbers are Ports as numbers. An empty list means that no port may be used.
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

// Office has the settings of LibreOffice, which draws PowerPoint and OpenDocument decks.
type Office struct {
	Program string        // its name or path
	Timeout time.Duration // for a deck, besides two seconds for each slide
	Memory  int64         // of one process, in bytes of address space
}

// Tools are the paths of external programs. An empty path means: look on PATH and in the usual places.
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

// variablesIn maps the key of each setting to the first of its variables that is set. An empty variable counts as not
// set.
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

// unknown finds keys in the file and the flags that are not settings. It does not look at variables, because other
// programs set variables that begin with LECTERN_ too: Kubernetes sets LECTERN_PORT for a service named lectern.
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
				e.Cause = fmt.Errorf("there is no such setting; did you mean %s?", near)
			} else {
				e.Allowed = "one of " + strings.Join(known, ", ")
			}
			faults = append(faults, e)
		}
	}
	return faults
}

// misspelt returns a warning for each LECTERN_* variable that is not a setting but similar to one.
func misspelt(environ []string) []string {
	var said []string
	own := []string{ // variables of the program that are not settings
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

// check finds settings that contradict each other.
func (c Config) check() []*Error {
	var faults []*Error
	if c.Lease < 2*c.Heartbeat {
		faults = append(faults, &Error{
			Key: "lease.timeout", Cause: fmt.Errorf("%s is less than two heartbeats of %s, so a healthy run could count as "+
				"lost", c.Lease, c.Heartbeat),
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

// Error says which setting is wrong, where it was set, and what is allowed.
type Error struct {
	Key     string // "": the whole place is wrong, such as a file that cannot be read
	Place   string // a file, a variable or a flag; "": several settings contradict each other
	Allowed string
	Cause   error
	More    []*Error // further faults of the same load
}

// Error implements error: one line for each fault.
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

// Unwrap returns Cause.
func (e *Error) Unwrap() error { return e.Cause }

func join(faults []*Error) *Error {
	first := *faults[0]
	first.More = faults[1:]
	return &first
}

// text is a value from YAML or a variable, written as in a variable.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case []any: // a YAML list; variables separate items by commas
		items := make([]string, len(v))
		for i := range v {
			items[i] = text(v[i])
		}
		return strings.Join(items, ", ")
	}
	return strings.TrimSpace(fmt.Sprint(v))
}
