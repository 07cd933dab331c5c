package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"lectern"
	"lectern/client"
	"lectern/internal/app"
	"lectern/internal/config"
	"lectern/internal/keys"
)

// keyCmd makes, lists and removes API keys.
type keyCmd struct {
	Server string `help:"Ask this server. Without it: the server that holds the data folder, or the database itself." env:"LECTERN_SERVER" placeholder:"URL"`
	Key    string `help:"An admin key of that server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`
	Data   string `help:"The data folder; without it, the one of the settings." placeholder:"DIR"`
	DB     string `name:"db" help:"The address of the Postgres database; without it, the one of the settings." placeholder:"URL"`

	Add  keyAddCmd  `cmd:"" help:"Make a key and show it, this once."`
	List keyListCmd `cmd:"" help:"List the keys, without their secrets."`
	Rm   keyRmCmd   `cmd:"" help:"Remove a key; servers refuse it within five seconds."`
}

// Help is what --help says beyond the flags.
func (keyCmd) Help() string {
	return `From the first key on, every request to the server needs one: a header "Authorization: Bearer lk_…", the variable
LECTERN_KEY for these commands, or a sign-in on the web page.

  lectern key add "my laptop" --scope admin`
}

// keyHolder manages the keys: it is a server, or this process with the database.
type keyHolder interface {
	AddKey(ctx context.Context, wanted client.NewKey) (client.Key, error)
	Keys(ctx context.Context) ([]client.Key, error)
	RemoveKey(ctx context.Context, id string) error
}

var (
	_ keyHolder = (*client.Client)(nil)
	_ keyHolder = storedKeys{}
)

// with calls do with the keyHolder that the flags and the settings name.
func (c *keyCmd) with(ctx context.Context, io streams, s *settings, do func(keyHolder) error) error {
	if c.Server != "" {
		k, err := newClient(io, c.Server, c.Key)
		if err != nil {
			return err
		}
		return do(k)
	}
	flags := map[string]string{}
	for key, value := range map[string]string{"data": c.Data, "db": c.DB} {
		if value != "" {
			flags[key] = value
		}
	}
	cfg, err := s.load(io, flags)
	if err != nil {
		return err
	}
	store, closeStore, err := app.OpenKeys(ctx, cfg)
	if f, ok := errors.AsType[*lectern.Failure](err); ok && f.Code == lectern.CodeInUse && cfg.DB == "" {
		return c.withHolder(io, cfg, f, do)
	}
	if err != nil {
		return err
	}
	return errors.Join(do(storedKeys{keys.New(keys.Options{Store: store})}), closeStore())
}

// withHolder calls do with the server that holds the data folder. Without its address, it returns the failure held.
func (c *keyCmd) withHolder(io streams, cfg config.Config, held *lectern.Failure, do func(keyHolder) error) error {
	server, err := holderOf(cfg)
	if err != nil && !errors.Is(err, fs.ErrPermission) {
		return err
	}
	if server == "" {
		return held
	}
	k, err := newClient(io, server, c.Key)
	if err != nil {
		return err
	}
	return do(k)
}

// storedKeys manages the keys in the database, with the rights of the operator of the server.
type storedKeys struct{ ring *keys.Ring }

var operator = lectern.Key{ID: "command line", Owner: lectern.DefaultOwner, Scope: lectern.ScopeAdmin}

// AddKey implements keyHolder.
func (d storedKeys) AddKey(ctx context.Context, n client.NewKey) (client.Key, error) {
	k := lectern.Key{Name: n.Name, Scope: n.Scope, Owner: n.Owner}
	if n.ExpiresAt != nil {
		k.ExpiresAt = *n.ExpiresAt
	}
	if n.Quota != nil {
		k.Quota = *n.Quota
	}
	text, k, err := d.ring.Add(ctx, operator, k)
	if err != nil {
		return client.Key{}, err
	}
	shown := shownKey(k)
	shown.Secret = text
	return shown, nil
}

// Keys implements keyHolder.
func (d storedKeys) Keys(ctx context.Context) ([]client.Key, error) {
	all, err := d.ring.List(ctx, operator)
	out := make([]client.Key, 0, len(all))
	for _, k := range all {
		out = append(out, shownKey(k))
	}
	return out, err
}

// RemoveKey implements keyHolder.
func (d storedKeys) RemoveKey(ctx context.Context, id string) error {
	return d.ring.Remove(ctx, operator, id)
}

func shownKey(k lectern.Key) client.Key {
	s := client.Key{ID: k.ID, Name: k.Name, Owner: k.Owner, Scope: k.Scope, Quota: k.Quota, CreatedAt: k.CreatedAt}
	if !k.ExpiresAt.IsZero() {
		s.ExpiresAt = &k.ExpiresAt
	}
	return s
}

type keyAddCmd struct {
	Name    string `arg:"" help:"What the key is for."`
	Scope   string `help:"What it may do. read: look and check. write: also create, cancel, retry, delete. admin: also keys and webhooks." enum:"read,write,admin" default:"write"`
	Owner   string `help:"Whose presentations it sees and makes; owners never see one another's. Default: the owner of the key that asks, or \"default\"." placeholder:"NAME"`
	Expires string `help:"When it ends, such as 90d or 12h from now; without it, never." placeholder:"TIME"`
	Running int    `help:"How many of its presentations are rendered at once, at most; 0: the setting keys.running." placeholder:"N"`
	Queued  int    `help:"How many of its presentations wait, at most; 0: the setting keys.queued." placeholder:"N"`
	Minutes int    `help:"How many minutes of video it may order in 24 hours; 0: the setting keys.minutes." placeholder:"N"`
	JSON    bool   `help:"As JSON."`
}

// Run implements the command.
func (c *keyAddCmd) Run(ctx context.Context, io streams, s *settings, g *grammar) error {
	wanted := client.NewKey{Name: c.Name, Scope: lectern.Scope(c.Scope), Owner: c.Owner}
	if c.Expires != "" {
		in, err := lifetime(c.Expires)
		if err != nil {
			return &usageError{fmt.Errorf("--expires: %w", err)}
		}
		at := time.Now().Add(in)
		wanted.ExpiresAt = &at
	}
	if q := (lectern.Quota{Running: c.Running, Queued: c.Queued, Minutes: c.Minutes}); q != (lectern.Quota{}) {
		wanted.Quota = &q
	}
	return g.Key.with(ctx, io, s, func(h keyHolder) error {
		before, err := h.Keys(ctx)
		if err != nil {
			return err
		}
		k, err := h.AddKey(ctx, wanted)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(io, k)
		}
		for _, row := range [][2]string{{"id", k.ID}, {"name", k.Name}, {"owner", k.Owner}, {"scope", string(k.Scope)},
			{"ends", end(k)}} {
			fmt.Fprintf(io.out, "%s  %s\n", io.dim(pad(row[0], 5)), row[1])
		}
		fmt.Fprintf(io.out, "%s  %s\n", io.dim(pad("key", 5)), io.bold(k.Secret))
		fmt.Fprintln(io.err, io.dim("The key is not shown again. Store it where you set LECTERN_KEY."))
		if len(before) == 0 {
			fmt.Fprintln(io.err, "This is the first key: from now on every request to the server needs one.")
		}
		if k.Scope != lectern.ScopeAdmin &&
			!slices.ContainsFunc(before, func(k client.Key) bool { return k.Scope == lectern.ScopeAdmin }) {
			fmt.Fprintln(io.err, io.yellow("No key can manage keys yet, except LECTERN_API_KEY if the server has it. "+
				"Make one with --scope admin. While the server is stopped, this command needs no key."))
		}
		return nil
	})
}

// lifetime reads a length of time such as 90d.
func lifetime(text string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n <= 36500 {
			return time.Duration(n) * 24 * time.Hour, nil
		}
	} else if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return d, nil
	}
	return 0, fmt.Errorf("%q is not a length of time; write it like 90d or 12h", text)
}

// end returns when a key ends, for people.
func end(k client.Key) string {
	switch {
	case k.ExpiresAt == nil:
		return "never"
	case k.ExpiresAt.Before(time.Now()):
		return "ended " + k.ExpiresAt.Local().Format(time.DateTime)
	}
	return k.ExpiresAt.Local().Format(time.DateTime)
}

type keyListCmd struct {
	JSON bool `help:"As JSON."`
}

// Run implements the command.
func (c *keyListCmd) Run(ctx context.Context, io streams, s *settings, g *grammar) error {
	return g.Key.with(ctx, io, s, func(h keyHolder) error {
		all, err := h.Keys(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(io, all)
		}
		if len(all) == 0 {
			fmt.Fprintln(io.err, "There are no keys. `lectern key add NAME` makes one.")
			return nil
		}
		var rows [][]string
		now := time.Now()
		for _, k := range all {
			rows = append(rows, []string{k.ID, string(k.Scope), k.Owner, ago(now, k.CreatedAt), end(k), bounds(k.Quota),
				shorten(k.Name, 40)})
		}
		io.table([]string{"ID", "SCOPE", "OWNER", "MADE", "ENDS", "BOUNDS", "NAME"}, rows)
		return nil
	})
}

// bounds returns a key's own quota in short; "–" without one.
func bounds(q lectern.Quota) string {
	var out []string
	for _, b := range []struct {
		n    int
		what string
	}{{q.Running, "running"}, {q.Queued, "queued"}, {q.Minutes, "min a day"}} {
		if b.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", b.n, b.what))
		}
	}
	if len(out) == 0 {
		return "–"
	}
	return strings.Join(out, ", ")
}

type keyRmCmd struct {
	ID string `arg:"" help:"The key's id, which is the middle of the key: lk_ID_…"`
}

// Run implements the command.
func (c *keyRmCmd) Run(ctx context.Context, io streams, s *settings, g *grammar) error {
	id := c.ID
	if named, _, formed := keys.Split(id); formed { // the user gave the whole key
		id = named
	}
	return g.Key.with(ctx, io, s, func(h keyHolder) error {
		if err := h.RemoveKey(ctx, id); err != nil {
			return err
		}
		fmt.Fprintf(io.err, "%s is removed; servers refuse it within five seconds.\n", id)
		if left, err := h.Keys(ctx); err == nil && len(left) == 0 && os.Getenv(config.APIKeyVariable) == "" {
			fmt.Fprintln(io.err, io.yellow("No key is left. A server that only this machine reaches needs no key again; any "+
				"other refuses all requests, unless http.keyless is set."))
		}
		return nil
	})
}
