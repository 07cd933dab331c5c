package lectern

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"
)

// AssetKind says what an asset can be used for.
type AssetKind string

// The kinds of assets.
const (
	AssetPicture AssetKind = "picture"
	AssetSound   AssetKind = "sound"
	AssetFont    AssetKind = "font"
	AssetDeck    AssetKind = "deck"
)

// AssetKinds lists the kinds, in the order in which messages name them.
func AssetKinds() []AssetKind { return []AssetKind{AssetPicture, AssetSound, AssetFont, AssetDeck} }

// Valid reports whether k is one of the kinds.
func (k AssetKind) Valid() bool { return slices.Contains(AssetKinds(), k) }

// Asset is an uploaded file, kept by the hash of its content. The same content of two owners is two assets.
type Asset struct {
	SHA256    string // of the content, lower-case hex; with the owner it is the asset's id
	Owner     string
	Kind      AssetKind
	MediaType string // detected from its bytes
	Size      int64  // bytes
	Name      string // of the file at its first upload; "": it had none
	Width     int    // of a picture, in pixels; 0 for SVG, which is drawn at any size
	Height    int
	Duration  time.Duration // of a sound; 0: its header does not say
	CreatedAt time.Time
	UsedAt    time.Time // when it was last uploaded, or named by a presentation
}

// Address is the text by which a deck names the asset: "asset:<sha256>".
func (a Asset) Address() string { return assetScheme + a.SHA256 }

const assetScheme = "asset:"

// AssetAddress reads the address of an asset. named reports whether address begins with "asset:"; ok, whether a valid
// hash follows.
func AssetAddress(address string) (sha256 string, named, ok bool) {
	sha256, named = strings.CutPrefix(address, assetScheme)
	return sha256, named, named && IsSHA256(sha256)
}

// IsSHA256 reports whether s is a SHA-256 in lower-case hex.
func IsSHA256(s string) bool { return len(s) == 64 && strings.Trim(s, "0123456789abcdef") == "" }

// Upload is a file to be kept as an asset.
type Upload struct {
	Owner string // "": DefaultOwner
	Name  string // for people; nothing depends on it
	Size  int64  // in bytes, or an upper bound; this much disk space is reserved. Less than 0: not known
	Body  io.Reader
}

// AssetQuery says which assets to list, newest first. The zero value asks for the first page of everything.
type AssetQuery struct {
	Owner  string
	Kind   AssetKind // "": any
	Limit  int       // entries of a page; 0: the list's default
	Cursor string    // of the next page, as the page before returned it; "": the first page
}

// MaxDeckAssets is how many different assets a deck may name.
const MaxDeckAssets = 1000

// AssetUse is a place where a deck names an asset.
type AssetUse struct {
	SHA256 string
	Param  string    // the field: "slides[3].props.image"
	Slide  int       // counted from 1; 0: the whole deck
	Want   AssetKind // the kind that the field needs
	// Kind is the kind of the owner's asset, set by a store that has looked it up; "": the owner has no such asset.
	Kind AssetKind
}

// AssetUses lists every place where d names an asset, in the order of the deck.
func (d Deck) AssetUses() []AssetUse {
	var uses []AssetUse
	for _, n := range d.files() {
		if sha, _, ok := AssetAddress(*n.file); ok {
			uses = append(uses, AssetUse{SHA256: sha, Param: n.param, Want: n.kind})
		}
	}
	for i, s := range d.Slides {
		for _, n := range s.files(i) {
			if sha, _, ok := AssetAddress(*n.file); ok {
				uses = append(uses, AssetUse{SHA256: sha, Param: n.param, Slide: i + 1, Want: n.kind})
			}
		}
		if !namesAsset(s.Props) {
			continue // most slides name none, and building the paths of their props costs time
		}
		for _, name := range slices.Sorted(maps.Keys(s.Props)) {
			EachText(s.Props[name], fmt.Sprintf("slides[%d].props.%s", i, name), func(text, param string) {
				if sha, _, ok := AssetAddress(text); ok {
					uses = append(uses, AssetUse{SHA256: sha, Param: param, Slide: i + 1, Want: AssetPicture})
				}
			})
		}
	}
	return uses
}

func namesAsset(value any) bool {
	switch v := value.(type) {
	case string:
		return strings.HasPrefix(v, assetScheme)
	case []any:
		return slices.ContainsFunc(v, namesAsset)
	case map[string]any:
		for _, e := range v {
			if namesAsset(e) {
				return true
			}
		}
	}
	return false
}

// EachText calls see for every text in the value of a prop, with the text's field. The entries of a map are visited in
// the order of their names.
func EachText(value any, param string, see func(text, param string)) {
	switch v := value.(type) {
	case string:
		see(v, param)
	case []any:
		for i, e := range v {
			EachText(e, fmt.Sprintf("%s[%d]", param, i), see)
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			EachText(v[name], param+"."+name, see)
		}
	}
}

// UnfitAssets returns the fault of a deck that names unfit assets: those that its owner does not have (Kind is ""), and
// those of another kind than the field needs. Each place is a fault of its own. It returns nil if unfit is empty.
func UnfitAssets(unfit []AssetUse) error {
	faults := make([]Failure, 0, len(unfit))
	for _, u := range unfit {
		f := Fail(CodeUnknownAsset, "There is no asset %s%s. Upload the file first (POST /v1/assets, `lectern asset add`).",
			assetScheme, u.SHA256)
		if u.Kind != "" {
			f = Fail(CodeAssetRefused, "The asset %s%s is a %s, but a %s is needed here. `lectern asset list` shows what "+
				"each asset is.", assetScheme, u.SHA256, u.Kind, u.Want)
		}
		faults = append(faults, *f.On(u.Param).At(u.Slide))
	}
	return Join(faults)
}

// assetPage begins the address under which a page loads an asset. It is an https address, because browsers request only
// addresses whose scheme they know. The top-level domain "invalid" can never exist, and no deck may use this host.
const assetPage = "https://assets.lectern.invalid/"

// PageAddress returns the address under which a page loads the asset whose content has this hash.
func PageAddress(sha256 string) string { return assetPage + sha256 }

// AssetOfPage returns the hash of the asset that a page loads from an address, if [PageAddress] made the address.
func AssetOfPage(address string) (sha256 string, ok bool) {
	sha256, ok = strings.CutPrefix(address, assetPage)
	return sha256, ok && IsSHA256(sha256)
}

// FileUse is a place where a deck names a file next to it by its path.
type FileUse struct {
	Path  string    // relative to the deck's folder, with slashes, and inside it
	Param string    // the field: "slides[3].props.image"
	Slide int       // counted from 1; 0: the whole deck
	Kind  AssetKind // the kind that the field needs
}

// WithFiles returns d with the addresses of assets in place of the paths in uses; assets maps paths to hashes. A path
// that assets lacks stays as it is. d itself is not changed.
func (d Deck) WithFiles(uses []FileUse, assets map[string]string) Deck {
	d.Slides, d.Recording = slices.Clone(d.Slides), d.Recording.copied()
	for _, u := range uses {
		sha, ok := assets[u.Path]
		for _, n := range d.files() {
			if ok && u.Param == n.param {
				*n.file = assetScheme + sha
			}
		}
		if i := u.Slide - 1; ok && i >= 0 && i < len(d.Slides) {
			d.Slides[i].Page, d.Slides[i].Sound = copied(d.Slides[i].Page), copied(d.Slides[i].Sound)
			for _, n := range d.Slides[i].files(i) {
				if u.Param == n.param {
					*n.file = assetScheme + sha
				}
			}
			props, _ := u.replaced(d.Slides[i].Props, fmt.Sprintf("slides[%d].props", i), assetScheme+sha).(map[string]any)
			d.Slides[i].Props = props
		}
	}
	return d
}

// copied returns a pointer to a copy of what p points to; nil for nil.
func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// replaced returns value with address in place of u's path. at is the path of the field that holds value.
func (u FileUse) replaced(value any, at, address string) any {
	if !strings.HasPrefix(u.Param, at) {
		return value
	}
	switch v := value.(type) {
	case string:
		if at == u.Param && path.Clean(strings.TrimSpace(v)) == u.Path {
			return address
		}
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = u.replaced(list[i], fmt.Sprintf("%s[%d]", at, i), address)
		}
		return list
	case map[string]any:
		named := maps.Clone(v)
		for name := range named {
			named[name] = u.replaced(named[name], at+"."+name, address)
		}
		return named
	}
	return value
}

// Renamed returns d with other names for the files in its slides: names maps addresses of assets and paths to paths. It
// renames files in all languages. d itself is not changed.
func (d Deck) Renamed(names map[string]string) Deck {
	d.Slides, d.Recording = slices.Clone(d.Slides), d.Recording.copied()
	for _, n := range d.files() {
		*n.file = cmp.Or(names[strings.TrimSpace(*n.file)], *n.file)
	}
	for i := range d.Slides {
		s := &d.Slides[i]
		s.Page, s.Sound = copied(s.Page), copied(s.Sound)
		for _, n := range s.files(i) {
			*n.file = cmp.Or(names[strings.TrimSpace(*n.file)], *n.file)
		}
		s.Props, _ = renamed(s.Props, names).(map[string]any)
		s.Translations = maps.Clone(s.Translations)
		for tag, tr := range s.Translations {
			tr.Props, _ = renamed(tr.Props, names).(map[string]any)
			s.Translations[tag] = tr
		}
	}
	return d
}

// renamed returns the value of a prop with other names for files.
func renamed(value any, names map[string]string) any {
	switch v := value.(type) {
	case string:
		v = strings.TrimSpace(v)
		return cmp.Or(names[v], names[path.Clean(v)], value.(string))
	case []any:
		list := slices.Clone(v)
		for i := range list {
			list[i] = renamed(list[i], names)
		}
		return list
	case map[string]any:
		if v == nil {
			return v
		}
		named := maps.Clone(v)
		for name := range named {
			named[name] = renamed(named[name], names)
		}
		return named
	}
	return value
}
