package align

import (
	"context"
	"math"
)

// search finds the path between a recording and a reference in two passes.
func search(ctx context.Context, rec, ref *track) ([]step, error) {
	size := coarseFrames
	for {
		c, cFirst := rec.coarse(size)
		r, rFirst := ref.coarse(size)
		w := warp{ctx: ctx, rec: &c, ref: &r, size: float32(size), unit: unit(&c, &r)}
		w.lo, w.hi = wide(c.len(), r.len())
		if w.cells() > coarseCells && size < 4*coarseFrames {
			size *= 2
			continue
		}
		path, err := w.path()
		if err != nil {
			return nil, err
		}
		fine := warp{ctx: ctx, rec: rec, ref: ref, size: 1, unit: unit(rec, ref)}
		fine.lo, fine.hi = around(path, rec.len(), ref.len(), cFirst, rFirst)
		return fine.path()
	}
}

// wide is the band of the coarse pass: around the diagonal, for n frames of a recording and m of a reference.
func wide(n, m int) (lo, hi []int32) {
	half := max(m*bandShare/100, int(freeCells/int64(2*max(n, 1))), 50)
	lo, hi = make([]int32, n+1), make([]int32, n+1)
	for i := range lo {
		at := 0
		if n > 0 {
			at = i * m / n
		}
		lo[i], hi[i] = int32(max(at-half, 0)), int32(min(at+half, m))
	}
	return widen(lo, hi, m)
}

// around is the band of the fine pass: around the path of the coarse one. first has the first fine frame of each coarse
// one.
func around(path []step, n, m int, recFirst, refFirst []int32) (lo, hi []int32) {
	lo, hi = make([]int32, n+1), make([]int32, n+1)
	for i := range lo {
		lo[i], hi[i] = int32(m), 0
	}
	for _, s := range path {
		// The rows of the frames of the step, and the columns before and after them.
		from, to := recFirst[s.i], recFirst[min(int(s.i)+1, len(recFirst)-1)]
		left, right := refFirst[s.j], refFirst[min(int(s.j)+1, len(refFirst)-1)]
		for i := from; i <= to; i++ {
			lo[i], hi[i] = min(lo[i], left), max(hi[i], right)
		}
	}
	// The band also extends along the recording.
	spread(lo, hi, radius)
	for i := range lo {
		lo[i], hi[i] = max(lo[i]-radius, 0), min(hi[i]+radius, int32(m))
	}
	return widen(lo, hi, m)
}

// spread lets each row reach as far as the rows within r of it. lo and hi hardly fall, so the ends of that range
// decide.
func spread(lo, hi []int32, r int) {
	n := len(lo)
	for i := range lo { // ascending: row i+r is not changed yet, row i-r only extends
		hi[i] = max(hi[i], hi[min(i+r, n-1)])
	}
	for i := n - 1; i >= 0; i-- {
		lo[i] = min(lo[i], lo[max(i-r, 0)])
	}
}

// widen makes a band valid: neither edge falls, it holds both ends, and its rows are connected.
func widen(lo, hi []int32, m int) ([]int32, []int32) {
	n := len(lo) - 1
	lo[0], hi[n] = 0, int32(m)
	for i := 1; i <= n; i++ {
		hi[i] = max(hi[i], hi[i-1])
	}
	for i := n - 1; i >= 0; i-- {
		lo[i] = min(lo[i], lo[i+1])
	}
	for i := 1; i <= n; i++ {
		lo[i] = min(lo[i], hi[i-1])
	}
	return lo, hi
}

// unit is 1 divided by the mean distance of two frames of speech that have nothing to do with each other.
func unit(rec, ref *track) float32 {
	const pairs = 4096
	sum, count := 0.0, 0
	a, b := spoken(rec), spoken(ref)
	if len(a) == 0 || len(b) == 0 {
		return 1
	}
	seed := uint64(1)
	for range pairs {
		seed = seed*6364136223846793005 + 1442695040888963407
		i, j := a[int(seed>>33)%len(a)], b[int(seed>>13&(1<<30-1))%len(b)]
		sum += float64(between(rec.row(int(i)), ref.row(int(j))))
		count++
	}
	return float32(float64(count) / math.Max(sum, 1e-6))
}

// spoken lists the frames of speech.
func spoken(t *track) []int32 {
	var out []int32
	for i, k := range t.kind {
		if k == speech {
			out = append(out, int32(i))
		}
	}
	return out
}
