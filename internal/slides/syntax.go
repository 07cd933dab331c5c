package slides

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// syntax describes a language for colouring: how comments and strings begin and end, and its keywords. That is enough
// for a slide, and it also works on incomplete code.
type syntax struct {
	line   []string    // begin a comment that ends with the line
	block  [][2]string // begin and end a comment
	long   []string    // quotes of strings that may span lines
	quotes string      // quotes of strings that end with the line
	words  []string    // keywords
	folded bool        // keywords ignore case
	pairs  bool        // a name or string before a colon is a key
	markup bool        // only the names and strings within tags have colours
	spaced bool        // a line comment needs a space before it
	ticks  bool        // a single quote may begin a name, such as Rust's 'a
}

func fields(s string) []string { return strings.Fields(s) }

var cBlock = [][2]string{{"/*", "*/"}}

// syntaxes are the languages with colours. The zero syntax has none.
var syntaxes = map[string]syntax{
	"go": {line: []string{"//"}, block: cBlock, long: []string{"`"}, quotes: `"'`,
		words: fields(`break case chan const continue default
		defer else fallthrough for func go goto if import interface map package range return select struct switch type var`)},
	"javascript": {line: []string{"//"}, block: cBlock, long: []string{"`"}, quotes: `"'`,
		words: fields(`abstract any as async await
		boolean break case catch class const continue debugger declare default delete do else enum export extends finally for from
		function get if implements import in instanceof interface keyof let namespace new number of private protected public
		readonly return satisfies set static string super switch this throw try type typeof var void while with yield`)},
	"python": {line: []string{"#"}, long: []string{`"""`, "'''"}, quotes: `"'`,
		words: fields(`and as assert async await break case
		class continue def del elif else except finally for from global if import in is lambda match nonlocal not or pass raise
		return try while with yield`)},
	"java": {line: []string{"//"}, block: cBlock, long: []string{`"""`}, quotes: `"'`,
		words: fields(`abstract assert boolean break byte
		case catch char class companion const continue data default do double else enum extends final finally float for fun if
		implements import in instanceof int interface internal is lateinit long native new object open out override package
		private protected public record return sealed short static strictfp super suspend switch synchronized this throw throws
		transient try typealias val var void volatile when while yield`)},
	"c": {line: []string{"//"}, block: cBlock, quotes: `"'`,
		words: fields(`alignas alignof as async auto await base bool break case
		catch char class concept const consteval constexpr constinit continue decltype default defined define delete do double else
		endif enum explicit export extern final finally float for foreach friend get goto if ifdef ifndef implicit in include inline
		int interface internal is long mutable namespace new noexcept object operator out override params partial pragma private
		protected public readonly record ref register requires return sealed set short signed sizeof static string struct switch
		template this throw try typedef typename union unsigned using var virtual void volatile wchar_t where while yield`)},
	"rust": {line: []string{"//"}, block: cBlock, quotes: `"'`, ticks: true,
		words: fields(`as async await break const continue crate
		dyn else enum extern fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait type
		union unsafe use where while`)},
	"swift": {line: []string{"//"}, block: cBlock, long: []string{`"""`}, quotes: `"`,
		words: fields(`actor as associatedtype async
		await break case catch class continue default defer deinit do else enum extension fallthrough fileprivate for func guard if
		import in init inout internal is let mutating open operator private protocol public repeat rethrows return self static
		struct subscript super switch throw throws try typealias var where while`)},
	"php": {line: []string{"//", "#"}, block: cBlock, quotes: `"'`,
		words: fields(`abstract and array as break callable case catch class
		clone const continue declare default do echo else elseif enum extends final finally fn for foreach function global if
		implements include instanceof interface match namespace new or php print private protected public readonly require return
		static switch throw trait try use var while yield`)},
	"ruby": {line: []string{"#"}, quotes: `"'`, spaced: true,
		words: fields(`alias and begin break case class def defined do else elsif
		end ensure extend for if in include module next not or redo require rescue retry return self super then undef unless until
		when while yield`)},
	"bash": {line: []string{"#"}, long: []string{`"`}, quotes: `'`, spaced: true,
		words: fields(`case do done elif else esac exit export
		fi for function if in local readonly return select set shift source then trap unset until while`)},
	"sql": {line: []string{"--"}, block: cBlock, quotes: `'"`, folded: true,
		words: fields(`add all alter and as asc begin between by
		case column commit constraint create cross default delete desc distinct drop else end exists foreign from full group having
		if in index inner insert into is join key left like limit not offset on or order outer over partition primary references
		returning right rollback select set table then union unique update using values view when where with`)},
	"json": {quotes: `"`, pairs: true, line: []string{"//"}, block: cBlock},
	"yaml": {line: []string{"#"}, quotes: `"'`, pairs: true, spaced: true},
	"toml": {line: []string{"#"}, long: []string{`"""`}, quotes: `"'`},
	"css":  {block: cBlock, quotes: `"'`, pairs: true},
	"html": {block: [][2]string{{"<!--", "-->"}}, quotes: `"'`, markup: true},
}

var syntaxAliases = map[string]string{
	"golang": "go", "js": "javascript", "jsx": "javascript", "ts": "javascript", "tsx": "javascript",
	"typescript": "javascript",
	"py":         "python", "kotlin": "java", "kt": "java", "scala": "java", "groovy": "java", "dart": "java", "c++": "c",
	"cpp": "c",
	"h":   "c", "c#": "c", "cs": "c", "csharp": "c", "objective-c": "c", "rs": "rust", "rb": "ruby", "sh": "bash",
	"shell": "bash",
	"zsh":   "bash", "dockerfile": "bash", "postgres": "sql", "postgresql": "sql", "mysql": "sql", "sqlite": "sql",
	"json5": "json",
	"jsonc": "json", "yml": "yaml", "ini": "toml", "scss": "css", "less": "css", "xml": "html", "svg": "html",
	"vue": "html",
}

// plainNames are names for code without colours, for which no warning is given.
var plainNames = []string{"text", "plain", "plaintext", "txt", "none", "console", "output", "log"}

// constants are values in most languages.
var constants = fields("true false null nil None True False undefined NULL NaN iota")

// parts divides a text into parts of one colour. The parts joined are the text.
func (s syntax) parts(text string) []CodePart {
	if s.line == nil && s.block == nil && s.quotes == "" {
		return []CodePart{{"", text}}
	}
	var out []CodePart
	tag := false // within a tag of markup
	before := '\n'
	for i := 0; i < len(text); {
		class, n := s.next(text[i:], before, tag)
		piece := text[i : i+n]
		if s.markup && class != "com" {
			tag = piece == "<" || tag && piece != ">"
		}
		if last := len(out) - 1; last >= 0 && out[last].Class == class {
			out[last].S += piece
		} else {
			out = append(out, CodePart{class, piece})
		}
		before, _ = utf8.DecodeLastRuneInString(piece)
		i += n
	}
	return out
}

// next returns the class and the length of the first part of text. before is the character before it.
func (s syntax) next(text string, before rune, tag bool) (class string, n int) {
	for _, b := range s.block {
		if strings.HasPrefix(text, b[0]) {
			return "com", until(text, len(b[0]), b[1])
		}
	}
	for _, l := range s.line {
		if strings.HasPrefix(text, l) && (!s.spaced || unicode.IsSpace(before)) {
			if end := strings.IndexByte(text, '\n'); end >= 0 {
				return "com", end
			}
			return "com", len(text)
		}
	}
	r, size := utf8.DecodeRuneInString(text)
	if n := s.quoted(text, r, tag); n > 0 {
		if s.pairs && colon(text[n:]) {
			return "key", n
		}
		return "str", n
	}
	switch {
	case r >= '0' && r <= '9':
		return "num", word(text, "._")
	case unicode.IsLetter(r) || r == '_' || r == '$' || r == '@':
		return s.name(text, before, tag)
	}
	return "", size
}

// quoted returns the length of the string that text begins with; 0 means none.
func (s syntax) quoted(text string, r rune, tag bool) int {
	if s.markup && !tag {
		return 0
	}
	for _, q := range s.long {
		if strings.HasPrefix(text, q) {
			return until(text, len(q), q)
		}
	}
	if !strings.ContainsRune(s.quotes, r) {
		return 0
	}
	if s.ticks && r == '\'' {
		// A character is one rune or one escape; anything else is a name.
		_, size := utf8.DecodeRuneInString(text[1:])
		if !strings.HasPrefix(text[1:], `\`) && !strings.HasPrefix(text[1+size:], "'") {
			return 0
		}
	}
	for i := 1; i < len(text) && text[i] != '\n'; i++ {
		switch {
		case text[i] == '\\':
			i++
		case rune(text[i]) == r:
			return i + 1
		}
	}
	if end := strings.IndexByte(text, '\n'); end >= 0 {
		return end
	}
	return len(text)
}

func (s syntax) name(text string, before rune, tag bool) (class string, n int) {
	extra := "_"
	if s.pairs || s.markup {
		extra = "_-"
	}
	if n = word(text, extra); n == 0 {
		_, n = utf8.DecodeRuneInString(text)
	}
	name := text[:n]
	if s.folded {
		name = strings.ToLower(name)
	}
	switch {
	case s.markup && tag && (before == '<' || before == '/'):
		return "key", n
	case s.markup && tag:
		return "fn", n
	case s.markup:
		return "", n
	case slices.Contains(s.words, name):
		return "key", n
	case slices.Contains(constants, name):
		return "num", n
	case s.pairs && colon(text[n:]):
		return "key", n
	case strings.HasPrefix(text[n:], "("):
		return "fn", n
	}
	return "", n
}

// word returns the number of bytes of letters, digits and extra characters at the beginning of text, with a leading $
// or @.
func word(text, extra string) int {
	for i, r := range text {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) && !strings.ContainsRune(extra, r) &&
			(i > 0 || r != '$' && r != '@') {
			return i
		}
	}
	return len(text)
}

func colon(text string) bool { return strings.HasPrefix(strings.TrimLeft(text, " "), ":") }

// until returns the length of text up to and including the first end after from.
func until(text string, from int, end string) int {
	if i := strings.Index(text[from:], end); i >= 0 {
		return from + i + len(end)
	}
	return len(text)
}
