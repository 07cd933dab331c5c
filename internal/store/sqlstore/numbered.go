package sqlstore

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"sync"

	"lectern/internal/store/sqlstore/rows"
)

// Numbered wraps a database whose placeholders are $1, $2 … and whose flags are numbers, for the queries of this
// package, which have ? and ?1 … and boolean flags.
func Numbered(db rows.DBTX) rows.DBTX { return numbered{db} }

type numbered struct{ db rows.DBTX }

// translated caches rewritten queries by their original text. They are few: one for each method in rows, and one for
// each set of conditions of a list.
var translated sync.Map

func number(query string) string {
	if q, ok := translated.Load(query); ok {
		return q.(string)
	}
	var b strings.Builder
	next, quoted := 1, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		switch {
		case c == '\'':
			quoted = !quoted
		case c == '?' && !quoted:
			n := 0
			for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
				n = n*10 + int(query[i+1]-'0')
				i++
			}
			if n == 0 {
				n, next = next, next+1
			}
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteByte(c)
	}
	translated.Store(query, b.String())
	return b.String()
}

func flags(args []any) []any {
	out := make([]any, len(args))
	for i, a := range args {
		out[i] = a
		if yes, ok := a.(bool); ok {
			out[i] = int64(0)
			if yes {
				out[i] = int64(1)
			}
		}
	}
	return out
}

func (n numbered) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return n.db.ExecContext(ctx, number(query), flags(args)...)
}

func (n numbered) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return n.db.PrepareContext(ctx, number(query))
}

func (n numbered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return n.db.QueryContext(ctx, number(query), flags(args)...)
}

func (n numbered) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	return n.db.QueryRowContext(ctx, number(query), flags(args)...)
}
