package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"lectern"
)

// assetCmd lists and changes the files that a server keeps for decks.
type assetCmd struct {
	Server string `help:"The server." default:"http://localhost:8000" env:"LECTERN_SERVER" placeholder:"URL"`
	Key    string `help:"An API key of the server. The variable is safer: other users see the flags of a command." env:"LECTERN_KEY,LECTERN_API_KEY" placeholder:"lk_…"`

	Add  assetAddCmd  `cmd:"" help:"Upload files and print the addresses by which decks name them."`
	List assetListCmd `cmd:"" help:"List the newest files."`
	Show assetShowCmd `cmd:"" help:"Show one file's description."`
	Rm   assetRmCmd   `cmd:"" help:"Delete files that no presentation names."`
}

// AfterApply makes the server of --server available to the command below.
func (c *assetCmd) AfterApply(parsed *kong.Context, io streams) error {
	return bindServer(parsed, io, c.Server, c.Key)
}

type assetAddCmd struct {
	Files []string `arg:"" name:"file" help:"Pictures, sounds, fonts or decks."`
	JSON  bool     `help:"As JSON."`
}

// assetView is an asset for programs.
type assetView struct {
	Address   string            `json:"address"`
	SHA256    string            `json:"sha256"`
	Kind      lectern.AssetKind `json:"kind"`
	MediaType string            `json:"media_type"`
	Bytes     int64             `json:"bytes"`
	Name      string            `json:"name"`
	Width     int               `json:"width,omitempty"`
	Height    int               `json:"height,omitempty"`
	Seconds   float64           `json:"duration_seconds,omitempty"`
	CreatedAt time.Time         `json:"created_at"`
	UsedAt    time.Time         `json:"used_at"`
}

func viewOf(a lectern.Asset) assetView {
	return assetView{a.Address(), a.SHA256, a.Kind, a.MediaType, a.Size, a.Name, a.Width, a.Height, a.Duration.Seconds(),
		a.CreatedAt, a.UsedAt}
}

// Run implements the command.
func (c *assetAddCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	views := []assetView{}
	for _, name := range c.Files {
		a, err := o.addFile(ctx, name)
		if err != nil {
			return err
		}
		views = append(views, viewOf(a))
		if !c.JSON {
			fmt.Fprintf(io.out, "%s  %s\n", a.Address(), io.dim(name))
		}
	}
	if c.JSON {
		return printJSON(io, views)
	}
	return nil
}

// addFile uploads a file.
func (o remoteServer) addFile(ctx context.Context, name string) (lectern.Asset, error) {
	f, err := os.Open(name)
	if err != nil {
		return lectern.Asset{}, &usageError{fmt.Errorf("the file %s cannot be read: %w", name, bare(err))}
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		return lectern.Asset{}, &usageError{fmt.Errorf("the file %s cannot be read: %w", name, bare(err))}
	}
	a, _, err := o.AddAsset(ctx, filepath.Base(name), f, info.Size())
	if err != nil {
		return a, fmt.Errorf("%s: %w", name, err)
	}
	return a, nil
}

type assetListCmd struct {
	Kind  lectern.AssetKind `help:"Only these: picture, sound, font or deck." placeholder:"KIND"`
	Limit int               `help:"How many." default:"20"`
	JSON  bool              `help:"As JSON."`
}

// Run implements the command.
func (c *assetListCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	if c.Kind != "" && !c.Kind.Valid() {
		return &usageError{fmt.Errorf("--kind must be %s, not %q", lectern.OneOf(lectern.AssetKinds()), c.Kind)}
	}
	if c.Limit < 1 || c.Limit > 10_000 {
		return &usageError{errors.New("--limit must be from 1 to 10000")}
	}
	var all []lectern.Asset
	for q := (lectern.AssetQuery{Kind: c.Kind}); ; {
		q.Limit = min(c.Limit-len(all), 200)
		page, next, err := o.Assets(ctx, q)
		if err != nil {
			return err
		}
		all = append(all, page...)
		if q.Cursor = next; next == "" || len(all) >= c.Limit {
			break
		}
	}
	if c.JSON {
		views := []assetView{}
		for _, a := range all {
			views = append(views, viewOf(a))
		}
		return printJSON(io, views)
	}
	if len(all) == 0 {
		fmt.Fprintln(io.err, "There are no assets. `lectern asset add FILE` uploads one.")
		return nil
	}
	now := time.Now()
	var rows [][]string
	for _, a := range all {
		rows = append(rows, []string{a.SHA256[:shortSum], string(a.Kind), extent(a), megabytes(a.Size), ago(now, a.UsedAt),
			shorten(nameOf(a), 40)})
	}
	io.table([]string{"ID", "KIND", "SIZE", "BYTES", "USED", "NAME"}, rows)
	return nil
}

// shortSum is how much of a hash a list shows.
const shortSum = 16

func nameOf(a lectern.Asset) string {
	if a.Name == "" {
		return "–"
	}
	return a.Name
}

// extent returns the size of a picture or the length of a sound.
func extent(a lectern.Asset) string {
	switch {
	case a.Width > 0:
		return fmt.Sprintf("%d×%d", a.Width, a.Height)
	case a.Duration > 0:
		return clock(a.Duration)
	}
	return "–"
}

// asset returns the asset with an address or a hash. A hash may be shortened if the asset is among the newest 200.
func (o remoteServer) asset(ctx context.Context, id string) (lectern.Asset, error) {
	id = strings.TrimPrefix(id, "asset:")
	if lectern.IsSHA256(id) {
		return o.Asset(ctx, id)
	}
	page, _, err := o.Assets(ctx, lectern.AssetQuery{Limit: 200})
	if err != nil {
		return lectern.Asset{}, err
	}
	var found []lectern.Asset
	for _, a := range page {
		if strings.HasPrefix(a.SHA256, id) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return lectern.Asset{}, lectern.Fail(lectern.CodeNotFound, "There is no asset %s.", id)
	}
	return lectern.Asset{}, &usageError{fmt.Errorf("%d assets begin with %s; write more of the hash", len(found), id)}
}

type assetShowCmd struct {
	ID   string `arg:"" help:"The asset's address or hash, or the beginning of its hash."`
	JSON bool   `help:"As JSON."`
}

// Run implements the command.
func (c *assetShowCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	a, err := o.asset(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(io, viewOf(a))
	}
	for _, row := range [][2]string{
		{"address", a.Address()}, {"kind", string(a.Kind)}, {"type", a.MediaType}, {"name", nameOf(a)}, {"size", extent(a)},
		{"bytes", megabytes(a.Size)}, {"made", when(a.CreatedAt)}, {"used", when(a.UsedAt)},
	} {
		fmt.Fprintf(io.out, "%s  %s\n", io.dim(pad(row[0], 9)), row[1])
	}
	return nil
}

type assetRmCmd struct {
	IDs []string `arg:"" name:"id" help:"The assets' addresses or hashes, or their beginnings."`
}

// Run implements the command.
func (c *assetRmCmd) Run(ctx context.Context, io streams, o remoteServer) error {
	for _, short := range c.IDs {
		a, err := o.asset(ctx, short)
		if err != nil {
			return err
		}
		if err := o.DeleteAsset(ctx, a.SHA256); err != nil {
			return err
		}
		fmt.Fprintf(io.out, "%s  Removed.\n", a.SHA256[:shortSum])
	}
	return nil
}
