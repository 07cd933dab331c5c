package lectern_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"mime"
	"path"
	"strconv"
	"testing"

	"lectern"
)

// The table has every kind once, and no two files share a name, a path or a link.
func TestArtifactTableIsCompleteAndUnambiguous(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "artifact.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok || len(v.Values) != 1 {
			return true
		}
		of, typed := v.Type.(*ast.Ident)
		lit, ok := v.Values[0].(*ast.BasicLit)
		if !typed || !ok || of.Name != "ArtifactKind" {
			return true
		}
		kind, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		kinds++
		if f := lectern.ArtifactFileOf(lectern.ArtifactKind(kind)); string(f.Kind) != kind {
			t.Errorf("%s has the entry of %s", kind, f.Kind)
		}
		return true
	})
	seen := map[string]bool{}
	all := lectern.ArtifactFiles()
	if kinds == 0 || len(all) != kinds {
		t.Errorf("%d kinds have %d entries", kinds, len(all))
	}
	for _, f := range all {
		for _, key := range []string{"kind " + string(f.Kind), "link " + f.Link, "path " + f.Path, "name " + f.Name,
			"suffix " + f.Suffix} {
			if seen[key] {
				t.Errorf("%s occurs twice", key)
			}
			seen[key] = true
		}
		if path.Ext(f.Name) != path.Ext(f.Suffix) || f.Label == "" {
			t.Errorf("the entry of %s has no label, or two different extensions: %+v", f.Kind, f)
		}
		if _, _, err := mime.ParseMediaType(f.MediaType); err != nil {
			t.Errorf("the media type of %s: %v", f.Kind, err)
		}
	}
	slides := lectern.ArtifactFileOf(lectern.ArtifactSlideImage)
	if !slides.PerSlide() || slides.PathOf(7) != "/slides/7/image" || slides.NameOf(7) != "slide-007.png" ||
		slides.SuffixOf(7) != "-slide-007.png" {
		t.Errorf("slide 7 has the path %q, the name %q and the suffix %q", slides.PathOf(7), slides.NameOf(7),
			slides.SuffixOf(7))
	}
}
