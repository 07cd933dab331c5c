package config

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
)

// Setting is one line of the table of settings.
type Setting struct {
	Key     string // as in the file; dots nest
	Doc     string // its meaning, in one sentence
	Allowed string // its allowed values, for messages
	set     func(*Config, string) error
	get     func(Config) string
}

// Variable is the name of the setting's environment variable.
func (s Setting) Variable() string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(s.Key, ".", "_"))
}

// Variables are the environment variables of the setting. The first one that is set counts. The paths of ffmpeg and
// Chromium also have short names, which internal/ffmpeg and internal/chrome read if they are not given a path.
func (s Setting) Variables() []string {
	switch s.Key {
	case "tools.ffmpeg":
		return []string{s.Variable(), EnvPrefix + "FFMPEG"}
	case "tools.chromium":
		return []string{s.Variable(), EnvPrefix + "CHROME"}
	}
	return []string{s.Variable()}
}

// Flag is the name of the setting's flag, without the dashes in front.
func (s Setting) Flag() string {
	return strings.NewReplacer(".", "-", "_", "-").Replace(s.Key)
}

// Keys lists every setting, in the order of the example file.
func Keys() []string {
	var keys []string
	for _, s := range Settings() {
		keys = append(keys, s.Key)
	}
	return keys
}

// Default is the Config without any flag, variable or file.
func Default() Config {
	return Config{
		Addr: "127.0.0.1:8000", DataDir: "./data", Role: RoleAll,
		Log:     Log{File: "./logs/backend.log", Level: slog.LevelInfo, MaxSize: 64 << 20, Keep: 5},
		Workers: 8, Tabs: 2, Voices: 2, Encoder: "auto",
		Limits:    lectern.DefaultLimits(),
		Heartbeat: 5 * time.Second, Lease: 30 * time.Second,
		CleanupWait: 5 * time.Minute, Retention: 7 * 24 * time.Hour,
		CacheLimit: 10 << 30, StopGrace: 10 * time.Second,
		Avatar: "mikhailo",
		HTTP: HTTP{
			Streams: 1000, StreamsPerAddress: 100, Ranges: 16, LargeBodies: 2, CheckTime: 10 * time.Second,
		},
		Queue:    Queue{Presentations: 1000, StoredBytes: 2 << 30},
		Chromium: Chromium{Sandbox: SandboxAuto, Memory: 2 << 30, Page: 10 * time.Second},
		Assets:   Assets{Ports: "80, 443", Upload: 512 << 20, Keep: 30 * 24 * time.Hour},
		Elai: Elai{URL: "https://apis.elai.io/api/v1", Concurrency: 4, Tries: 5, Poll: 10 * time.Second,
			Timeout: 30 * time.Minute},
		Office: Office{Program: "soffice", Timeout: 2 * time.Minute, Memory: 4 << 30},
	}
}

// Settings is the table. Its order is the order of lectern.example.yaml.
func Settings() []Setting {
	return slices.Concat(serviceSettings(), httpSettings(), limitSettings(), keySettings(), elaiSettings(),
		officeSettings(), toolSettings())
}

func serviceSettings() []Setting {
	return []Setting{
		address("addr", "where serve listens; '127.0.0.1:8000' is this machine only, ':8000' every interface, which needs "+
			"a key or http.keyless", func(c *Config) *string { return &c.Addr }),
		path("data", "the folder of the database, the finished videos and the cache", false,
			func(c *Config) *string { return &c.DataDir }),
		database("db", "where presentations are stored: postgres://… for several nodes; empty: SQLite in the data folder",
			func(c *Config) *string { return &c.DB }),
		database("db_session", "if db is a pool such as PgBouncer: the address of the database itself, for notifications, "+
			"locks and migrations", func(c *Config) *string { return &c.DBSession }),
		path("secret_key_file", "a file with the key that encrypts secrets in the database; empty: LECTERN_SECRET_KEY has "+
			"it, or one is created in the data folder", true, func(c *Config) *string { return &c.SecretKey }),
		choice("role", "what this process does: serve HTTP and render, or one of them (with Postgres)",
			[]string{RoleAll, RoleAPI, RoleWorker}, func(c *Config) *string { return &c.Role }),
		path("log.file", "JSON lines of everything that happens, for grep; empty writes none", true,
			func(c *Config) *string { return &c.Log.File }),
		level("log.level", "how much is logged, on the terminal and in the file",
			func(c *Config) *slog.Level { return &c.Log.Level }),
		size("log.max_size", "the log file is rotated at this size", 1<<20, 1<<40,
			func(c *Config) *int64 { return &c.Log.MaxSize }),
		count("log.keep", "how many rotated log files are kept", 1, 1000, func(c *Config) *int { return &c.Log.Keep }),
		count("workers", "presentations that are rendered at once", 1, 256, func(c *Config) *int { return &c.Workers }),
		count("encoders", "ffmpeg processes at once, over all presentations; 0 is one per core", 0, 256,
			func(c *Config) *int { return &c.Encoders }),
		choice("encoder", "the encoder of pictures that cannot be spliced: auto is a hardware encoder if one works, else "+
			"software (libx264)", []string{"auto", "software", "nvenc", "qsv", "vaapi"},
			func(c *Config) *string { return &c.Encoder }),
		truth("compat", "encode every picture whole, which is slower, for players that do not play spliced videos",
			func(c *Config) *bool { return &c.Compat }),
		count("tabs", "browser tabs at once", 1, 64, func(c *Config) *int { return &c.Tabs }),
		count("voices", "narrations that one voice engine speaks at once, over all presentations", 1, 64,
			func(c *Config) *int { return &c.Voices }),
		span("heartbeat.interval", "time between two heartbeats of a run", 100*time.Millisecond, time.Hour,
			func(c *Config) *time.Duration { return &c.Heartbeat }),
		span("lease.timeout", "a run without a heartbeat for this long is taken over; at least two heartbeats", time.Second,
			24*time.Hour, func(c *Config) *time.Duration { return &c.Lease }),
		span("cleanup.delay", "scratch files are deleted this long after the end of a presentation", 0, 365*24*time.Hour,
			func(c *Config) *time.Duration { return &c.CleanupWait }),
		span("retention", "a presentation and its files are deleted this long after its end", time.Minute,
			100*365*24*time.Hour, func(c *Config) *time.Duration { return &c.Retention }),
		size("cache.limit", "the cache of finished steps is kept below this size", 64<<20, 1<<50,
			func(c *Config) *int64 { return &c.CacheLimit }),
		span("stop.grace", "how long serve lets open requests finish after the first signal", 0, time.Hour,
			func(c *Config) *time.Duration { return &c.StopGrace }),
		word("avatar", "the avatar of decks that name none; 'lectern avatars' lists the avatars",
			func(c *Config) *string { return &c.Avatar }),
		webAddress("telemetry.otlp", "the OpenTelemetry collector that gets traces, http://host:4318; empty: none, or the "+
			"one in OTEL_EXPORTER_OTLP_ENDPOINT", func(c *Config) *string { return &c.Telemetry.OTLP }),
		truth("webhook.allow_private", "send webhooks to private networks too; set it only if every callback address comes "+
			"from you", func(c *Config) *bool { return &c.Webhook.AllowPrivate }),
		truth("subtitles", "players show the subtitle track of a video by default; a deck can override this",
			func(c *Config) *bool { return &c.Subtitles }),
		words("assets.ports", "ports from which decks may load pictures; with assets.allow_private every port",
			"port numbers, separated by commas", portNumber, func(c *Config) *List { return &c.Assets.Ports }),
		truth("assets.allow_private", "let decks load pictures from private networks too; set it only if every deck comes "+
			"from you", func(c *Config) *bool { return &c.Assets.AllowPrivate }),
		span("assets.keep", "an uploaded file that no presentation names is deleted this long after its last use",
			time.Minute, 100*365*24*time.Hour, func(c *Config) *time.Duration { return &c.Assets.Keep }),
	}
}

func truth(key, doc string, at func(*Config) *bool) Setting {
	return Setting{key, doc, "true or false", func(c *Config, s string) error {
		switch strings.ToLower(s) {
		case "true", "yes", "on", "1":
			*at(c) = true
		case "false", "no", "off", "0":
			*at(c) = false
		default:
			return fmt.Errorf("%q is neither true nor false", s)
		}
		return nil
	}, func(c Config) string { return strconv.FormatBool(*at(&c)) }}
}

func limitSettings() []Setting {
	return []Setting{
		count("limits.slides", "slides of a deck", 1, 100_000, func(c *Config) *int { return &c.Limits.Slides }),
		sizeInt("limits.narration", "text of one slide's narration", 1<<10, 1<<30,
			func(c *Config) *int { return &c.Limits.NarrationBytes }),
		sizeInt("limits.props", "props of one slide, as JSON", 1<<10, 1<<30,
			func(c *Config) *int { return &c.Limits.PropsBytes }),
		size("limits.body", "a request's body", 1<<10, 1<<40, func(c *Config) *int64 { return &c.Limits.BodyBytes }),
		size("limits.upload", "a file that is uploaded", 1<<20, 1<<40, func(c *Config) *int64 { return &c.Assets.Upload }),
		count("limits.min_side", "shortest side of a video, in pixels", 2, 16384,
			func(c *Config) *int { return &c.Limits.MinSide }),
		count("limits.max_side", "longest side of a video, in pixels", 2, 16384,
			func(c *Config) *int { return &c.Limits.MaxSide }),
		seconds("limits.hold", "longest duration of a slide without narration", 1, 24*60*60,
			func(c *Config) *int { return &c.Limits.MaxHoldSeconds }),
		count("limits.picture_pixels", "pixels of one picture", 1_000, 1_000_000_000,
			func(c *Config) *int { return &c.Limits.PicturePixels }),
		count("limits.slide_pixels", "pixels of all pictures of one slide", 1_000, 1_000_000_000,
			func(c *Config) *int { return &c.Limits.SlidePixels }),
		size("limits.picture_bytes", "all pictures that one deck loads, from the web and from assets", 1<<20, 1<<40,
			func(c *Config) *int64 { return &c.Limits.PictureBytes }),
		count("limits.svg_elements", "elements of one SVG picture, references expanded; filters and other costly ones count "+
			"for many", 100, 100_000_000, func(c *Config) *int { return &c.Limits.SVGElements }),
		count("limits.json_tokens", "names, values and brackets of a deck's JSON", 1_000, 1_000_000_000,
			func(c *Config) *int { return &c.Limits.JSONTokens }),
		span("limits.duration", "estimated length of a video", time.Second, 30*24*time.Hour,
			func(c *Config) *time.Duration { return &c.Limits.Duration }),
		count("limits.queued", "presentations that wait at once; further ones are refused with 429", 1, 10_000_000,
			func(c *Config) *int { return &c.Queue.Presentations }),
		size("limits.stored", "all decks that are stored", 1<<20, 1<<50,
			func(c *Config) *int64 { return &c.Queue.StoredBytes }),
		count("limits.streams", "event streams and long polls at once", 1, 1_000_000,
			func(c *Config) *int { return &c.HTTP.Streams }),
		count("limits.streams_per_address", "event streams and long polls at once from one address", 1, 1_000_000,
			func(c *Config) *int { return &c.HTTP.StreamsPerAddress }),
		count("limits.ranges", "ranges of a file that one request may ask for", 1, 10_000,
			func(c *Config) *int { return &c.HTTP.Ranges }),
		count("limits.large_bodies", "bodies of more than 1 MiB that are read at once", 1, 1_000,
			func(c *Config) *int { return &c.HTTP.LargeBodies }),
		span("limits.check", "how long a dry run may measure slides in the browser", 0, time.Hour,
			func(c *Config) *time.Duration { return &c.HTTP.CheckTime }),
	}
}

func httpSettings() []Setting {
	return []Setting{
		truth("http.keyless", "serve other machines without a key: everybody who reaches the port can do everything",
			func(c *Config) *bool { return &c.HTTP.Keyless }),
		words("http.hosts", "host names of this server; empty: localhost and loopback addresses, and with a key every name",
			"host names without ports, separated by commas", hostName, func(c *Config) *List { return &c.HTTP.Hosts }),
		words("http.origins", "origins of other sites whose pages may use this server, such as https://slides.example.com",
			"http:// or https:// with a host, separated by commas", originName,
			func(c *Config) *List { return &c.HTTP.Origins }),
		words("http.trusted_proxies", "networks of proxies whose forwarding headers are trusted",
			"networks such as 10.0.0.0/8 or addresses, separated by commas", network,
			func(c *Config) *List { return &c.HTTP.TrustedProxies }),
		webAddress("http.base_url", "the public address of this server, with which links begin; empty: links are paths",
			func(c *Config) *string { return &c.HTTP.BaseURL }),
		optionalAddress("admin.addr", "a separate address for metrics and profiles; empty: metrics at addr, no profiles",
			func(c *Config) *string { return &c.AdminAddr }),
		choice("chromium.sandbox", "Chromium's own sandbox: auto uses it unless it cannot start on this machine",
			[]string{SandboxAuto, SandboxOn, SandboxOff}, func(c *Config) *string { return &c.Chromium.Sandbox }),
		size("chromium.memory", "memory of all browser processes together; beyond it the browser restarts", 256<<20,
			1<<40, func(c *Config) *int64 { return &c.Chromium.Memory }),
		span("chromium.page", "processor time that the picture of one slide may take", time.Second, time.Hour,
			func(c *Config) *time.Duration { return &c.Chromium.Page }),
	}
}

// keySettings are the quotas of keys without quotas of their own.
func keySettings() []Setting {
	return []Setting{
		count("keys.running", "presentations of one key that are rendered at once; 0 is no limit", 0, 1_000_000,
			func(c *Config) *int { return &c.Keys.Running }),
		count("keys.queued", "presentations of one key that wait; 0 is no limit", 0, 1_000_000,
			func(c *Config) *int { return &c.Keys.Queued }),
		count("keys.minutes", "minutes of video that one key may order in a day; 0 is no limit", 0, 100_000_000,
			func(c *Config) *int { return &c.Keys.Minutes }),
	}
}

func elaiSettings() []Setting {
	return []Setting{
		word("elai.url", "the address of the avatar service Elai", func(c *Config) *string { return &c.Elai.URL }),
		path("elai.token_file", "a file with Elai's API token, which only its owner can read; the variable ELAI_API_TOKEN "+
			"overrides it", true, func(c *Config) *string { return &c.Elai.TokenFile }),
		count("elai.concurrency", "renders at Elai that are awaited at once, over all presentations", 1, 256,
			func(c *Config) *int { return &c.Elai.Concurrency }),
		count("elai.tries", "how often a request to Elai is sent, at most, while Elai is too busy or cannot be reached; no "+
			"render is paid for twice", 1, 1000, func(c *Config) *int { return &c.Elai.Tries }),
		span("elai.poll", "time between two polls of a render at Elai", 100*time.Millisecond, time.Hour,
			func(c *Config) *time.Duration { return &c.Elai.Poll }),
		span("elai.timeout", "how long to wait for a render at Elai; a retry waits for the same render and pays nothing "+
			"again", time.Second, 24*time.Hour, func(c *Config) *time.Duration { return &c.Elai.Timeout }),
		price("elai.price", "the price of a minute of video at Elai, for the usage of presentations; empty: unknown",
			func(c *Config) *Price { return &c.Elai.Price }),
	}
}

func officeSettings() []Setting {
	return []Setting{
		path("office.program", "LibreOffice, which draws PowerPoint and OpenDocument decks: a name on PATH, or a path", false,
			func(c *Config) *string { return &c.Office.Program }),
		span("office.timeout", "how long LibreOffice may take for a deck, besides two seconds for each slide", time.Second,
			24*time.Hour, func(c *Config) *time.Duration { return &c.Office.Timeout }),
		size("office.memory", "address space of a process of LibreOffice; a deck that needs more fails", 1<<30, 1<<40,
			func(c *Config) *int64 { return &c.Office.Memory }),
	}
}

func toolSettings() []Setting {
	return []Setting{
		path("tools.ffmpeg", "the ffmpeg program; empty: looked up on PATH", true,
			func(c *Config) *string { return &c.Tools.FFmpeg }),
		path("tools.chromium", "the Chromium or Chrome program; empty: looked up on PATH", true,
			func(c *Config) *string { return &c.Tools.Chromium }),
		path("tools.flite", "the flite program; empty: looked up on PATH", true,
			func(c *Config) *string { return &c.Tools.Flite }),
	}
}

func address(key, doc string, at func(*Config) *string) Setting {
	const allowed = "host:port or :port, with a port from 0 to 65535; 0 takes a free one"
	return Setting{key, doc, allowed, func(c *Config, s string) error {
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return fmt.Errorf("%q is not an address", s)
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return fmt.Errorf("%q has no valid port", s)
		}
		*at(c) = s
		return nil
	}, func(c Config) string { return *at(&c) }}
}

func path(key, doc string, mayBeEmpty bool, at func(*Config) *string) Setting {
	allowed := "a path"
	if mayBeEmpty {
		allowed = "a path, or nothing"
	}
	return Setting{key, doc, allowed, func(c *Config, s string) error {
		if s == "" && !mayBeEmpty {
			return fmt.Errorf("it is empty")
		}
		if strings.ContainsRune(s, 0) {
			return fmt.Errorf("%q has a zero byte", s)
		}
		*at(c) = s
		return nil
	}, func(c Config) string { return *at(&c) }}
}

func word(key, doc string, at func(*Config) *string) Setting {
	return Setting{key, doc, "a name", func(c *Config, s string) error {
		if s == "" || strings.ContainsAny(s, " \t\n") {
			return fmt.Errorf("%q is not a name", s)
		}
		*at(c) = s
		return nil
	}, func(c Config) string { return *at(&c) }}
}

func choice(key, doc string, among []string, at func(*Config) *string) Setting {
	return Setting{key, doc, strings.Join(among, ", "), func(c *Config, s string) error {
		if !slices.Contains(among, s) {
			return fmt.Errorf("%q is not one of these", s)
		}
		*at(c) = s
		return nil
	}, func(c Config) string { return *at(&c) }}
}

// webAddress is http:// or https://, or nothing.
func webAddress(key, doc string, at func(*Config) *string) Setting {
	return Setting{key, doc, "http://host:port, or nothing", func(c *Config, s string) error {
		if s != "" {
			u, err := url.Parse(s)
			switch {
			case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
				return fmt.Errorf("%q is not a web address", s)
			case u.User != nil: // the message does not repeat the address, which may have a password
				return errors.New("the address has a user name, which everybody who sees a link would see")
			case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
				return fmt.Errorf("%q has a query or a fragment", s)
			}
		}
		*at(c) = s
		return nil
	}, func(c Config) string { return *at(&c) }}
}

// database is an address that may have a password. Neither messages nor Show repeat the password.
func database(key, doc string, at func(*Config) *string) Setting {
	const allowed = "postgres://user:password@host:5432/name, or nothing"
	return Setting{key, doc, allowed, func(c *Config, s string) error {
		if s != "" {
			u, err := url.Parse(s)
			if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
				return errors.New("it is not the address of a Postgres database")
			}
		}
		*at(c) = s
		return nil
	}, func(c Config) string {
		u, err := url.Parse(*at(&c))
		if err != nil {
			return ""
		}
		return u.Redacted()
	}}
}

func level(key, doc string, at func(*Config) *slog.Level) Setting {
	return Setting{key, doc, "debug, info, warn or error", func(c *Config, s string) error {
		switch strings.ToLower(s) {
		case "debug", "info", "warn", "error":
			return at(c).UnmarshalText([]byte(s))
		}
		return fmt.Errorf("%q is not a level", s)
	}, func(c Config) string { return strings.ToLower(at(&c).String()) }}
}

func count(key, doc string, lo, hi int, at func(*Config) *int) Setting {
	return Setting{key, doc, fmt.Sprintf("a whole number from %d to %d", lo, hi), func(c *Config, s string) error {
		n, err := strconv.Atoi(s)
		if err != nil {
			return fmt.Errorf("%q is not a whole number", s)
		}
		if n < lo || n > hi {
			return fmt.Errorf("%d is out of range", n)
		}
		*at(c) = n
		return nil
	}, func(c Config) string { return strconv.Itoa(*at(&c)) }}
}

func span(key, doc string, lo, hi time.Duration, at func(*Config) *time.Duration) Setting {
	return Setting{key, doc, fmt.Sprintf("a time like 30s, 5m, 12h or 7d, from %s to %s", FormatSpan(lo), FormatSpan(hi)),
		func(c *Config, s string) error {
			d, err := ParseSpan(s)
			if err != nil {
				return err
			}
			if d < lo || d > hi {
				return fmt.Errorf("%s is out of range", s)
			}
			*at(c) = d
			return nil
		}, func(c Config) string { return FormatSpan(*at(&c)) }}
}

// seconds is a span whose Config field is a number of whole seconds.
func seconds(key, doc string, lo, hi int, at func(*Config) *int) Setting {
	return Setting{key, doc, fmt.Sprintf("a time in whole seconds like 30s or 10m, from %s to %s",
		FormatSpan(time.Duration(lo)*time.Second), FormatSpan(time.Duration(hi)*time.Second)),
		func(c *Config, s string) error {
			d, err := ParseSpan(s)
			if err != nil {
				return err
			}
			if n := d / time.Second; d%time.Second != 0 || int(n) < lo || int(n) > hi {
				return fmt.Errorf("%s is out of range", s)
			}
			*at(c) = int(d / time.Second)
			return nil
		}, func(c Config) string { return FormatSpan(time.Duration(*at(&c)) * time.Second) }}
}

func size(key, doc string, lo, hi int64, at func(*Config) *int64) Setting {
	return Setting{key, doc, fmt.Sprintf("a size like 500KB, 64MiB or 10GiB, from %s to %s", FormatSize(lo),
		FormatSize(hi)), func(c *Config, s string) error {
		n, err := ParseSize(s)
		if err != nil {
			return err
		}
		if n < lo || n > hi {
			return fmt.Errorf("%s is out of range", s)
		}
		*at(c) = n
		return nil
	}, func(c Config) string { return FormatSize(*at(&c)) }}
}

func sizeInt(key, doc string, lo, hi int64, at func(*Config) *int) Setting {
	s := size(key, doc, lo, hi, nil)
	s.set = func(c *Config, text string) error {
		n, err := ParseSize(text)
		if err != nil {
			return err
		}
		if n < lo || n > hi || n > math.MaxInt {
			return fmt.Errorf("%s is out of range", text)
		}
		*at(c) = int(n)
		return nil
	}
	s.get = func(c Config) string { return FormatSize(int64(*at(&c))) }
	return s
}

// price is an amount with up to six digits after the point, and a currency.
func price(key, doc string, at func(*Config) *Price) Setting {
	return Setting{key, doc, "an amount and a currency, such as 1.50 EUR, or nothing", func(c *Config, s string) error {
		if _, _, err := parsePrice(s); err != nil {
			return err
		}
		*at(c) = Price(strings.TrimSpace(s))
		return nil
	}, func(c Config) string { return string(*at(&c)) }}
}
