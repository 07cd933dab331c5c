package spoken

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// abbreviation is a word whose written form is shorter than its spoken form.
type abbreviation struct {
	rest    string // the text after its first letters; spaces in it are optional
	say     string // "one|many": many is for a range of numbers
	follows byte   // condition: '#': only before a number; 'A': only before a capital; '.': may end a sentence; 0: none
}

// abbreviations are grouped by language and first letters; in each group, longer ones come first.
var abbreviations = func() map[string]map[string][]abbreviation {
	out := map[string]map[string][]abbreviation{}
	for lang, text := range abbreviationTexts {
		m := map[string][]abbreviation{}
		for entry := range strings.SplitSeq(strings.ReplaceAll(text, "\n", ";"), ";") {
			written, say, ok := strings.Cut(strings.TrimSpace(entry), "=")
			if !ok {
				continue
			}
			a := abbreviation{say: say}
			if k := len(written) - 2; k > 0 && written[k] == ' ' && strings.IndexByte("#A.", written[k+1]) >= 0 {
				a.follows, written = written[k+1], written[:k]
			}
			first := firstLetters(written)
			a.rest = written[len(first):]
			m[first] = append(m[first], a)
		}
		for _, list := range m {
			slices.SortStableFunc(list, func(a, b abbreviation) int { return len(b.rest) - len(a.rest) })
		}
		out[lang] = m
	}
	return out
}()

// abbreviationTexts are entries "written=said" with the condition of [abbreviation.follows] after a space.
var abbreviationTexts = map[string]string{
	"en": `e.g.=for example; i.e.=that is; vs.=versus; etc. .=et cetera; approx.=approximately; p. #=page|pages; pp. #=pages; fig. #=figure|figures
		figs. #=figures; eq. #=equation|equations; sec. #=section|sections; ch. #=chapter|chapters; vol. #=volume|volumes; Dr. A=Doctor; Mr. A=Mister
		Mrs. A=Missus; Prof. A=Professor; WWI=World War One; WWII=World War Two; Ctrl=Control`,
	"de": `z. B.=zum Beispiel; d. h.=das heißt; u. a.=unter anderem; usw. .=und so weiter; bzw.=beziehungsweise; ca.=circa; evtl.=eventuell
		ggf.=gegebenenfalls; inkl.=inklusive; vgl.=vergleiche; etc. .=et cetera; S. #=Seite|Seiten; Abb. #=Abbildung|Abbildungen; Tab. #=Tabelle|Tabellen
		Kap. #=Kapitel; Bd. #=Band; Art. #=Artikel; Abs. #=Absatz; Dr. A=Doktor; Prof. A=Professor; Hr. A=Herr; Fr. A=Frau; v. Chr. .=vor Christus
		n. Chr. .=nach Christus; Strg=Steuerung`,
	"fr": `p. ex.=par exemple; c.-à-d.=c'est-à-dire; etc. .=et cetera; env.=environ; p. #=page|pages; pp. #=pages; fig. #=figure|figures; chap. #=chapitre
		art. #=article; M. A=monsieur; MM. A=messieurs; Mme A=madame; Mmes A=mesdames; Mlle A=mademoiselle; Dr A=docteur
		av. J.-C. .=avant Jésus-Christ; apr. J.-C. .=après Jésus-Christ`,
	"es": `p. ej.=por ejemplo; etc. .=etcétera; EE. UU. .=Estados Unidos; aprox.=aproximadamente; pág. #=página|páginas; págs. #=páginas; p. #=página|páginas
		pp. #=páginas; fig. #=figura|figuras; cap. #=capítulo; art. #=artículo; Sr. A=señor; Sra. A=señora; Dr. A=doctor; Dra. A=doctora; Ud. .=usted
		Uds. .=ustedes; a. C. .=antes de Cristo; d. C. .=después de Cristo`,
	"it": `ecc. .=eccetera; ad es.=ad esempio; p. es.=per esempio; ca.=circa; pag. #=pagina|pagine; pagg. #=pagine; p. #=pagina|pagine; pp. #=pagine
		fig. #=figura|figure; cap. #=capitolo; art. #=articolo; Sig. A=signor; Sig.ra A=signora; Dott. A=dottor; a. C. .=avanti Cristo; d. C. .=dopo Cristo`,
	"pt": `p. ex.=por exemplo; etc. .=et cetera; aprox.=aproximadamente; pág. #=página|páginas; págs. #=páginas; p. #=página|páginas; pp. #=páginas
		fig. #=figura|figuras; cap. #=capítulo; art. #=artigo; Sr. A=senhor; Sra. A=senhora; Dr. A=doutor; Dra. A=doutora; a. C. .=antes de Cristo
		d. C. .=depois de Cristo`,
	"nl": `bijv.=bijvoorbeeld; d.w.z.=dat wil zeggen; enz. .=enzovoort; o.a.=onder andere; m.a.w.=met andere woorden; i.p.v.=in plaats van; ca.=circa
		t/m=tot en met; blz. #=bladzijde|bladzijden; p. #=pagina|pagina's; fig. #=figuur|figuren; hfst. #=hoofdstuk; art. #=artikel; dhr. A=de heer
		mevr. A=mevrouw; v. Chr. .=voor Christus; n. Chr. .=na Christus`,
	"pl": `np.=na przykład; tzn.=to znaczy; tj.=to jest; itd. .=i tak dalej; itp. .=i tym podobne; m.in.=między innymi; ok.=około; tzw.=tak zwany
		zob.=zobacz; por.=porównaj; str. #=strona|strony; s. #=strona|strony; rys. #=rysunek|rysunki; rozdz. #=rozdział; tab. #=tabela; art. #=artykuł
		p. n. e. .=przed naszą erą; n. e. .=naszej ery`,
	"uk": `напр.=наприклад; т. д. .=так далі; т. п. .=тому подібне; т. зв.=так званий; див.=дивись; рис. #=рисунок|рисунки; табл. #=таблиця|таблиці
		стор. #=сторінка|сторінки; с. #=сторінка|сторінки; розд. #=розділ; н. е. .=нашої ери; рр. .=роки`,
	"ru": `т. е.=то есть; т. д. .=так далее; т. п. .=тому подобное; т. к.=так как; т. н.=так называемый; напр.=например; др. .=другие; см.=смотри
		рис. #=рисунок|рисунки; табл. #=таблица|таблицы; стр. #=страница|страницы; с. #=страница|страницы; гл. #=глава|главы; н. э. .=нашей эры; гг. .=годы`,
}

// firstLetters returns the letters at the beginning of s.
func firstLetters(s string) string {
	for i, r := range s {
		if !unicode.IsLetter(r) {
			return s[:i]
		}
	}
	return s
}

// mostLetters bounds the first letters of an abbreviation, in bytes.
const mostLetters = 16

// shortened returns the abbreviations that begin with the first letters of s. A capital in front may be due to the
// beginning of a sentence, so the small letter is tried too.
func (n *reader) shortened(s string) (list []abbreviation, letters string) {
	m := abbreviations[n.lang]
	if m == nil {
		return nil, ""
	}
	letters = firstLetters(s[:min(len(s), mostLetters)])
	if list = m[letters]; list != nil || letters == "" {
		return list, letters
	}
	if r, size := utf8.DecodeRuneInString(letters); unicode.IsUpper(r) {
		if rest := letters[size:]; strings.ToLower(rest) == rest {
			return m[string(unicode.ToLower(r))+rest], letters
		}
	}
	return nil, letters
}

// abbreviated reads an abbreviation at place at, where a word begins.
func (n *reader) abbreviated(at int) (end int, say string, ok bool) {
	list, letters := n.shortened(n.text[at:])
	for _, a := range list {
		end, ok := n.matches(a.rest, at+len(letters))
		if !ok || !n.mayFollow(a.follows, end) {
			continue
		}
		one, many, _ := strings.Cut(a.say, "|")
		if many != "" && n.rangeNext(end) {
			one = many
		}
		if r, _ := utf8.DecodeRuneInString(letters); unicode.IsUpper(r) {
			one = capital(one)
		}
		if a.follows == '.' && strings.HasSuffix(a.rest, ".") && !n.sentenceGoesOn(end) {
			end-- // the point ends the sentence, too
		}
		return end, one, true
	}
	return at, "", false
}

// matches compares the text at i with the rest of an abbreviation.
func (n *reader) matches(rest string, i int) (end int, ok bool) {
	for _, r := range rest {
		if r == ' ' {
			i, _ = n.after(i)
			continue
		}
		if n.runeAt(i) != r {
			return i, false
		}
		i += utf8.RuneLen(r)
	}
	return i, !unicode.IsLetter(n.runeAt(i)) || strings.HasSuffix(rest, ".")
}

// mayFollow reports whether the text at end meets the condition of an abbreviation; see [abbreviation.follows].
func (n *reader) mayFollow(condition byte, end int) bool {
	switch condition {
	case '#':
		return n.digitNext(end)
	case 'A':
		to, spaced := n.after(end)
		return spaced && unicode.IsUpper(n.runeAt(to))
	}
	return true
}

// rangeNext reports whether a range of numbers follows: "5–7".
func (n *reader) rangeNext(i int) bool {
	p, ok := n.parse(n.skip(i))
	return ok && strings.ContainsRune("–-", n.runeAt(p.end)) && n.digitNext(p.end+utf8.RuneLen(n.runeAt(p.end)))
}

// shortMonth reads an abbreviated month next to a day or a year: "Jan. 5", "5 ene 2024".
func (n *reader) shortMonth(word string, end int) (next int, say string, ok bool) {
	if len(word) > 12 || len(n.Months) != 12 {
		return 0, "", false
	}
	lower := strings.ToLower(word)
	month := n.month(lower)
	if month == 0 || strings.ContainsFunc(n.Months[month-1], unicode.IsDigit) {
		return 0, "", false
	}
	full := n.Months[month-1]
	if lower == strings.ToLower(full) || lower == strings.ToLower(n.MonthsAlone[month-1]) {
		return 0, "", false
	}
	after := n.last != "" && n.last[0] >= '0' && n.last[0] <= '9'
	pointed := n.runeAt(end) == '.'
	next = end
	if pointed {
		next++
	}
	digits, _ := run(n.text, n.skip(next))
	capitals := n.lang == "en" && word != lower
	ok = (pointed || capitals) && (after || digits != "") || after && len(digits) == 4
	if n.lang == "es" || n.lang == "pt" {
		if after {
			full = "de " + full
		}
		if len(digits) == 4 {
			full += " de"
		}
	}
	return next, full, ok
}
