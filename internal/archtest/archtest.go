// Package archtest holds the rules of docs/ARCHITECTURE.md as a failing test.
//
// A rule that is only in a document is soon broken. Each rule here is a function from one parsed file (or the whole
// tree) to findings. Each finding says what to do and why the rule exists. A test proves that each rule fails on a
// snippet that breaks it, so that a rule without effect is noticed too.
package archtest

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Module is the module's path.
const Module = "lectern"

// File is one parsed Go file of the module.
type File struct {
	Path      string // from the module's root, with slashes
	Dir       string // its folder; "." for the root package
	Test      bool   // _test.go
	Generated bool
	Lines     int
	Wide      []int          // the lines of more than MaxColumns characters, counted from 1
	Set       *token.FileSet // of the positions in AST
	AST       *ast.File
}

// Finding is one violation of a rule.
type Finding struct {
	Where string // "path:line"
	What  string
	Why   string
}

// String returns the finding as the test prints it.
func (f Finding) String() string { return f.Where + ": " + f.What + "\n\twhy: " + f.Why }

// Parse reads one file. The path decides which rules apply to it.
func Parse(name string, src []byte) (File, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, name, src, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return File{}, fmt.Errorf("parse %s: %w", name, err)
	}
	return File{
		Path: name, Dir: path.Dir(name), Test: strings.HasSuffix(name, "_test.go"), Generated: ast.IsGenerated(tree),
		Lines: strings.Count(string(src), "\n"), Wide: wide(string(src)), Set: set, AST: tree,
	}, nil
}

// wide lists the lines that are too wide.
func wide(src string) (list []int) {
	n := 0
	for line := range strings.Lines(src) {
		n++
		if utf8.RuneCountInString(strings.TrimRight(line, "\r\n")) > MaxColumns {
			list = append(list, n)
		}
	}
	return list
}

// Tree reads every Go file below root, except in hidden folders, other modules and folders called testdata, data or
// out.
func Tree(root string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skipFolder(root, p, d)
		}
		if filepath.Ext(p) != ".go" {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return fmt.Errorf("read a source: %w", err)
		}
		rel, err := filepath.Rel(root, p)
		if err != nil {
			return fmt.Errorf("find the place of %s: %w", p, err)
		}
		f, err := Parse(filepath.ToSlash(rel), src)
		files = append(files, f)
		return err
	})
	return files, err
}

// skipFolder returns fs.SkipDir for a folder whose files are not sources of the module.
func skipFolder(root, p string, d fs.DirEntry) error {
	if p == root {
		return nil
	}
	switch name := d.Name(); {
	case strings.HasPrefix(name, "."), strings.HasPrefix(name, "_"), name == "testdata", name == "out", name == "data":
		return fs.SkipDir
	}
	if _, err := os.Stat(filepath.Join(p, "go.mod")); err == nil {
		return fs.SkipDir
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// imports returns the paths that f imports, with their positions.
func (f File) imports() map[string]string {
	out := map[string]string{}
	for _, i := range f.AST.Imports {
		p, err := strconv.Unquote(i.Path.Value)
		if err == nil {
			out[p] = f.at(i.Pos())
		}
	}
	return out
}

func (f File) at(p token.Pos) string {
	return f.Path + ":" + strconv.Itoa(f.Set.Position(p).Line)
}

// standard reports whether an import path belongs to the standard library.
func standard(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	return !strings.Contains(first, ".") && first != Module
}

// dirOf turns an import path into a folder of the module; ok is false for other modules.
func dirOf(p string) (string, bool) {
	if p == Module {
		return ".", true
	}
	r, ok := strings.CutPrefix(p, Module+"/")
	return r, ok
}

// under reports whether folder is dir or below it.
func under(folder, dir string) bool { return folder == dir || strings.HasPrefix(folder, dir+"/") }

func underAny(folder string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return under(folder, d) })
}
