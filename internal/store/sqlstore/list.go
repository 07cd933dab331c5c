package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"

	"lectern"
	"lectern/internal/job"
	"lectern/internal/store/sqlstore/rows"
)

// List implements job.Reader.
func (s *Store) List(ctx context.Context, page job.Page) ([]lectern.Presentation, error) {
	p := rows.ListPresentationsParams{BeforeTime: math.MaxInt64, BeforeID: page.BeforeID, Max: int64(page.Limit)}
	if !page.Before.IsZero() {
		p.BeforeTime = micros(page.Before)
	}
	f, err := s.filter(page)
	if err != nil {
		return nil, err
	}
	list, err := rows.New(f).ListPresentations(ctx, p)
	if err != nil {
		return nil, s.failure("list the presentations", err)
	}
	out := make([]lectern.Presentation, len(list))
	for i, row := range list {
		if out[i], err = fromRow(row); err != nil {
			return nil, s.failure("list the presentations", err)
		}
	}
	return out, nil
}

// filter returns the reading connection with the conditions of a page. A field of the page that is not set adds no
// condition, so that the database can use the index that fits.
func (s *Store) filter(page job.Page) (filtered, error) {
	f := filtered{DBTX: s.o.Read}
	if page.Owner != "" {
		f.where("owner = ?", page.Owner)
	}
	states := slices.Compact(slices.Sorted(slices.Values(page.Statuses)))
	if len(states) > 0 {
		marks, args := make([]string, len(states)), make([]any, len(states))
		for i, state := range states {
			marks[i], args[i] = "?", string(state)
		}
		column := "status"
		if len(states) > 1 {
			column = "coalesce(status, '')" // not the index by status: its rows would need sorting by age
		}
		f.where(column+" IN ("+strings.Join(marks, ", ")+")", args...)
	}
	if !page.CreatedAfter.IsZero() {
		f.where("created_at > ?", micros(page.CreatedAfter))
	}
	if !page.CreatedBefore.IsZero() {
		f.where("created_at < ?", micros(page.CreatedBefore))
	}
	if len(page.Metadata) > 0 {
		wanted, err := encode(page.Metadata)
		if err != nil {
			return f, s.failure("list the presentations", err)
		}
		f.where(s.o.Dialect.Includes("metadata", "?"), wanted)
	}
	return f, nil
}

// filtered adds conditions to the query of a list, after its only "removing = 0".
type filtered struct {
	rows.DBTX
	conditions []string // with a ? for each value, in order
	values     []any
}

func (f *filtered) where(condition string, values ...any) {
	f.conditions, f.values = append(f.conditions, condition), append(f.values, values...)
}

// QueryContext implements rows.DBTX.
func (f filtered) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	next := len(args)
	var b strings.Builder
	for _, c := range f.conditions {
		b.WriteString(" AND ")
		for part := range strings.SplitAfterSeq(c, "?") {
			b.WriteString(part)
			if strings.HasSuffix(part, "?") {
				next++
				fmt.Fprint(&b, next)
			}
		}
	}
	const fixed = "removing = 0"
	return f.DBTX.QueryContext(ctx, strings.Replace(query, fixed, fixed+b.String(), 1), append(args, f.values...)...)
}
