package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strings"
)

// columns finds lines that are too wide. It allows them where a line cannot be broken: raw strings, long strings
// without a space, directives and preformatted comments.
func columns(f File) []Finding {
	if f.Generated || len(f.Wide) == 0 {
		return nil
	}
	var out []Finding
	whole := unbreakable(f)
	for _, line := range f.Wide {
		if !slices.Contains(whole, line) {
			out = append(out, Finding{fmt.Sprintf("%s:%d", f.Path, line), fmt.Sprintf("more than %d columns; break it",
				MaxColumns), "a line that does not fit next to another window is not reviewed"})
		}
	}
	return out
}

// unbreakable lists the lines with text that cannot be broken.
func unbreakable(f File) (lines []int) {
	add := func(from, to token.Pos) {
		for n := f.Set.Position(from).Line; n <= f.Set.Position(to).Line; n++ {
			lines = append(lines, n)
		}
	}
	ast.Inspect(f.AST, func(n ast.Node) bool {
		if s, ok := n.(*ast.BasicLit); ok && s.Kind == token.STRING {
			if s.Value[0] == '`' || len(s.Value) > MaxColumns/3 && !strings.Contains(s.Value, " ") {
				add(s.Pos(), s.End())
			}
		}
		return true
	})
	for _, group := range f.AST.Comments {
		for _, c := range group.List {
			if !strings.HasPrefix(c.Text, "// ") {
				add(c.Pos(), c.End())
			}
		}
	}
	return lines
}
