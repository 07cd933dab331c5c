package spoken

import "strings"

// lexicon holds what the CLDR lacks: the words for signs, and the idioms of a language. A sign without an entry is
// silent or stays for the engine to read.
type lexicon map[string]string

// lexicons are parsed from the tables below: "key=words" separated by semicolons or line ends.
var lexicons = func() map[string]lexicon {
	out := map[string]lexicon{}
	for lang, text := range lexiconTexts {
		l := lexicon{}
		for entry := range strings.SplitSeq(strings.ReplaceAll(text, "\n", ";"), ";") {
			if key, words, ok := strings.Cut(strings.TrimSpace(entry), "="); ok {
				l[strings.TrimSpace(key)] = strings.TrimSpace(words)
			}
		}
		out[lang] = l
	}
	return out
}()

// lexiconTexts has the entries of the lexicons by language. Most keys name a sign, or say what the word is for: to
// (ranges), from (the word before a range), score, number (№), version. The others:
//
//   - half, quarter, third: "singular|plural"; half1: "one half"; andhalf: "and a half" after a number
//   - decimal: "number" if the digits after the decimal sign are read as a number
//   - whole, tenths, hundredths, thousandths: the words of Ukrainian decimals, "one|other"
//   - years: "pairs" if the CLDR's rules for years apply; year: the word after a year
//   - of: between "millions" and the currency; cents: between the currency and its hundredths
//   - per, each: between a price and its unit; each is used if the language has both
//   - hour, hours, timeand, oclock, hundred, oh: the words of a time of day
var lexiconTexts = map[string]string{
	"en": `power=to the power of; to=to; score=to; number=number; version=version; plus=plus; minus=minus; times=times; by=by; divided=divided by; equals=equals
		and=and; at=at; dot=dot; slash=slash; backslash=backslash; underscore=underscore; colon=colon; hash=hash; hyphen=dash; sharp=sharp
		about=about; less=less than; greater=greater than; plusminus=plus or minus; sections=section|sections; hashtag=hashtag; across=by; degree=degrees; tilde=tilde; star=star
		half=half|halves; half1=one half; quarter=quarter|quarters; years=pairs; oclock=o'clock; hundred=hundred; oh=oh; cents=and
		squared=squared; cubed=cubed; question=question mark; percent=percent; notequal=is not equal to; atmost=at most; atleast=at least; arrow=to
		per=per; copyright=; point=point`,
	"de": `power=hoch; to=bis; score=zu; number=Nummer; version=Version; plus=plus; minus=minus; times=mal; by=mal; divided=geteilt durch; equals=gleich
		and=und; at=at; dot=Punkt; slash=Schrägstrich; backslash=Backslash; underscore=Unterstrich; colon=Doppelpunkt; hash=Raute
		hyphen=Bindestrich; sharp=Sharp; about=etwa; less=kleiner als; greater=größer als; plusminus=plus minus; sections=Paragraf|Paragrafen; hashtag=Hashtag; across=mal
		half=Halb|Halbe; half1=ein halb; quarter=Viertel|Viertel; third=Drittel|Drittel; years=pairs; hour=Uhr; squared=hoch zwei; cubed=hoch drei
		notequal=ungleich; atmost=höchstens; atleast=mindestens; per=pro; tilde=Tilde; star=Stern; point=Punkt`,
	"fr": `power=puissance; to=à; score=à; number=numéro; version=version; plus=plus; minus=moins; times=fois; by=sur; divided=divisé par; equals=égale
		and=et; at=arobase; dot=point; slash=slash; backslash=antislash; underscore=tiret bas; colon=deux-points; hash=dièse; hyphen=tiret
		sharp=dièse; about=environ; less=inférieur à; greater=supérieur à; plusminus=plus ou moins; sections=paragraphe|paragraphes; hashtag=hashtag; across=par
		half=demi|demis; half1=un demi; quarter=quart|quarts; third=tiers|tiers; decimal=number; of=de; hour=heure|heures; squared=au carré; cubed=au cube
		notequal=différent de; atmost=au plus; atleast=au moins; per=par; tilde=tilde; star=étoile; point=point`,
	"es": `power=elevado a; to=a; score=a; number=número; version=versión; plus=más; minus=menos; times=por; by=por; divided=dividido por; equals=igual a
		and=y; at=arroba; dot=punto; slash=barra; backslash=barra invertida; underscore=guion bajo; colon=dos puntos; hash=almohadilla
		hyphen=guion; sharp=sharp; about=aproximadamente; less=menor que; greater=mayor que; plusminus=más menos; sections=sección|secciones; hashtag=hashtag; across=por
		half=medio|medios; half1=un medio; quarter=cuarto|cuartos; third=tercio|tercios; decimal=number; of=de; squared=al cuadrado; cubed=al cubo
		cents=con; notequal=distinto de; atmost=como máximo; atleast=como mínimo; per=por; tilde=virgulilla; star=asterisco; point=punto`,
	"it": `power=elevato a; to=a; score=a; number=numero; version=versione; plus=più; minus=meno; times=per; by=per; divided=diviso; equals=uguale
		and=e; at=chiocciola; dot=punto; slash=barra; backslash=barra rovesciata; underscore=trattino basso; colon=due punti; hash=cancelletto
		hyphen=trattino; sharp=sharp; about=circa; less=minore di; greater=maggiore di; plusminus=più o meno; sections=sezione|sezioni; hashtag=hashtag; across=per
		half=mezzo|mezzi; half1=un mezzo; quarter=quarto|quarti; third=terzo|terzi; decimal=number; of=di; timeand=e; squared=al quadrato; cubed=al cubo
		cents=e; percent=per cento; notequal=diverso da; atmost=al massimo; atleast=almeno; per=per; tilde=tilde; star=asterisco; point=punto`,
	"pt": `power=elevado a; to=a; score=a; number=número; version=versão; plus=mais; minus=menos; times=vezes; by=por; divided=dividido por; equals=igual a
		and=e; at=arroba; dot=ponto; slash=barra; backslash=barra invertida; underscore=sublinhado; colon=dois pontos; hash=cerquilha
		hyphen=hífen; sharp=sharp; about=cerca de; less=menor que; greater=maior que; plusminus=mais ou menos; sections=seção|seções; hashtag=hashtag; across=por; hours=hora|horas
		half=meio|meios; half1=um meio; quarter=quarto|quartos; third=terço|terços; decimal=number; of=de; timeand=e; squared=ao quadrado; cubed=ao cubo
		cents=e; notequal=diferente de; atmost=no máximo; atleast=no mínimo; per=por; tilde=til; star=asterisco; point=ponto`,
	"nl": `power=tot de macht; to=tot; score=tegen; number=nummer; version=versie; plus=plus; minus=min; times=keer; by=bij; divided=gedeeld door; equals=is gelijk aan
		and=en; at=apenstaartje; dot=punt; slash=schuine streep; backslash=backslash; underscore=laag streepje; colon=dubbele punt; hash=hekje
		hyphen=streepje; sharp=sharp; about=ongeveer; less=kleiner dan; greater=groter dan; plusminus=plus of min; sections=paragraaf|paragrafen; hashtag=hashtag; across=bij
		half=half|halve; half1=een half; quarter=kwart|kwart; third=derde|derde; decimal=number; years=pairs; hour=uur; squared=kwadraat; cubed=tot de derde
		notequal=is niet gelijk aan; atmost=hoogstens; atleast=minstens; per=per; tilde=tilde; star=sterretje; point=punt`,
	"pl": `power=do potęgi; to=do; score=do; number=numer; version=wersja; plus=plus; minus=minus; times=razy; by=na; divided=podzielić przez; equals=równa się
		and=i; at=małpa; dot=kropka; slash=ukośnik; backslash=ukośnik wsteczny; underscore=podkreślenie; colon=dwukropek; hash=krzyżyk
		hyphen=myślnik; sharp=sharp; about=około; less=mniejsze niż; greater=większe niż; plusminus=plus minus; sections=paragraf|paragrafy; hashtag=hasztag; across=na; andhalf=i pół; from=od; each=za
		half=druga|drugie; half1=jedna druga; squared=do kwadratu; cubed=do sześcianu; notequal=nie równa się; atmost=co najwyżej; atleast=co najmniej
		year=roku; per=na; tilde=tylda; star=gwiazdka; point=kropka`,
	"uk": `power=у степені; to=до; score=на; number=номер; version=версія; plus=плюс; minus=мінус; times=помножити на; by=на; divided=поділити на; equals=дорівнює
		and=і; at=равлик; dot=крапка; slash=скісна риска; backslash=зворотна скісна риска; underscore=підкреслення; colon=двокрапка; hash=решітка
		hyphen=дефіс; sharp=шарп; about=приблизно; less=менше ніж; greater=більше ніж; plusminus=плюс мінус; sections=параграф|параграфи; hashtag=хештег; across=на; andhalf=з половиною; each=за
		half=друга|других; half1=одна друга; squared=у квадраті; cubed=у кубі; notequal=не дорівнює; atmost=щонайбільше; atleast=щонайменше
		year=року; whole=ціла|цілих; tenths=десята|десятих; hundredths=сота|сотих; thousandths=тисячна|тисячних; per=на; tilde=тильда; star=зірочка; point=крапка`,
	"ru": `power=в степени; to=до; score=на; number=номер; version=версия; plus=плюс; minus=минус; times=умножить на; by=на; divided=разделить на; equals=равно
		and=и; at=собака; dot=точка; slash=косая черта; backslash=обратная косая черта; underscore=подчёркивание; colon=двоеточие; hash=решётка
		hyphen=дефис; sharp=шарп; about=примерно; less=меньше; greater=больше; plusminus=плюс минус; sections=параграф|параграфы; hashtag=хештег; across=на; andhalf=с половиной; from=от; each=за
		half=вторая|вторых; half1=одна вторая; squared=в квадрате; cubed=в кубе; notequal=не равно; atmost=не более; atleast=не менее
		year=года; per=на; tilde=тильда; star=звёздочка; point=точка`,
	// For other languages, the words of ranges and the signs that engines do not know.
	"sv": `to=till; number=nummer; times=gånger; plus=plus; equals=lika med; and=och; years=pairs`,
	"da": `to=til; number=nummer; times=gange; plus=plus; equals=lig med; and=og; years=pairs`,
	"no": `to=til; number=nummer; times=ganger; plus=pluss; equals=er lik; and=og; years=pairs`,
	"cs": `to=až; number=číslo; times=krát; plus=plus; equals=rovná se; and=a`,
	"sk": `to=až; number=číslo; times=krát; plus=plus; equals=rovná sa; and=a`,
	"sl": `to=do; number=številka; times=krat; plus=plus; and=in`,
	"hr": `to=do; number=broj; times=puta; plus=plus; and=i`,
	"sr": `to=до; number=број; times=пута; plus=плус; and=и`,
	"bg": `to=до; number=номер; times=по; plus=плюс; and=и`,
	"ro": `to=până la; number=numărul; times=ori; plus=plus; equals=egal; and=și`,
	"ca": `to=a; number=número; times=per; plus=més; equals=igual a; and=i`,
	"gl": `to=a; number=número; times=por; plus=máis; and=e`,
	"el": `to=έως; number=αριθμός; times=επί; plus=συν; equals=ίσον; and=και`,
	"id": `to=sampai; number=nomor; times=kali; plus=tambah; and=dan`,
	"ms": `to=hingga; number=nombor; times=kali; and=dan`,
	"vi": `to=đến; number=số; times=nhân; plus=cộng; and=và`,
	"af": `to=tot; number=nommer; times=maal; and=en`,
	"hi": `to=से; number=नंबर; and=और`,
	"be": `to=да; number=нумар; plus=плюс; and=і`,
}

// money has the names of currencies by language and sign: the name, a slash, and the name of its hundredth if it has
// one. Each name is a list of plural forms, "one|few|many|other" or "one|other". A leading "f:" or "n:" marks the
// gender; without one it is masculine.
var money = map[string]map[string]string{
	"en": {
		"$": "dollar|dollars/cent|cents", "€": "euro|euros/cent|cents", "£": "pound|pounds/pence|pence", "¥": "yen|yen",
		"₽": "ruble|rubles/kopeck|kopecks",
		"₴": "hryvnia|hryvnias/kopiyka|kopiykas", "zł": "zloty|zlotys/grosz|groszy", "CHF": "Swiss franc|Swiss " +
			"francs/centime|centimes", "₹": "rupee|rupees/paisa|paise",
		"¢": "cent|cents", "₩": "won|won", "₺": "lira|liras", "₿": "bitcoin|bitcoins", "R$": "real|reais/centavo|centavos",
		"₪": "shekel|shekels", "₸": "tenge|tenge",
		"kr": "krone|kroner", "Kč": "koruna|korunas",
	},
	"de": {
		"$": "Dollar|Dollar/Cent|Cent", "€": "Euro|Euro/Cent|Cent", "£": "Pfund|Pfund/Pence|Pence", "¥": "Yen|Yen",
		"₽": "Rubel|Rubel/Kopeke|Kopeken",
		"₴": "f:Hrywnja|Hrywnja/Kopijka|Kopijky", "zł": "Złoty|Złoty/Grosz|Grosze", "CHF": "Schweizer Franken|Schweizer " +
			"Franken/Rappen|Rappen", "₹": "f:Rupie|Rupien",
		"¢": "Cent|Cent", "₺": "f:Lira|Lira", "₿": "Bitcoin|Bitcoin", "R$": "Real|Real", "kr": "f:Krone|Kronen",
		"Kč": "f:Krone|Kronen",
	},
	"fr": {
		"$": "dollar|dollars/cent|cents", "€": "euro|euros/centime|centimes", "£": "f:livre|livres/penny|pence",
		"¥": "yen|yens", "₽": "rouble|roubles/kopeck|kopecks",
		"₴": "f:hryvnia|hryvnias", "zł": "zloty|zlotys", "CHF": "franc suisse|francs " +
			"suisses/centime|centimes", "₹": "f:roupie|roupies", "R$": "real|reais", "₿": "bitcoin|bitcoins",
		"kr": "f:couronne|couronnes", "Kč": "f:couronne|couronnes",
	},
	"es": {
		"$": "dólar|dólares/centavo|centavos", "€": "euro|euros/céntimo|céntimos", "£": "f:libra|libras/penique|peniques",
		"¥": "yen|yenes", "₽": "rublo|rublos/kopek|kopeks",
		"₴": "f:grivna|grivnas", "zł": "esloti|eslotis", "CHF": "franco suizo|francos " +
			"suizos", "₹": "f:rupia|rupias", "R$": "real|reales", "₿": "bitcoin|bitcoins",
		"kr": "f:corona|coronas", "Kč": "f:corona|coronas",
	},
	"it": {
		"$": "dollaro|dollari/centesimo|centesimi", "€": "euro|euro/centesimo|centesimi",
		"£": "f:sterlina|sterline/penny|pence", "¥": "yen|yen", "₽": "rublo|rubli/copeco|copechi",
		"₴": "f:grivnia|grivnie", "zł": "zloty|zloty", "CHF": "franco svizzero|franchi " +
			"svizzeri/centesimo|centesimi", "₹": "f:rupia|rupie", "R$": "real|real", "₿": "bitcoin|bitcoin",
		"kr": "f:corona|corone", "Kč": "f:corona|corone",
	},
	"pt": {
		"$": "dólar|dólares/centavo|centavos", "€": "euro|euros/cêntimo|cêntimos", "£": "f:libra|libras/pêni|pence",
		"¥": "iene|ienes", "₽": "rublo|rublos/copeque|copeques",
		"₴": "f:grívnia|grívnias", "zł": "zloty|zlotys", "CHF": "franco suíço|francos " +
			"suíços", "₹": "f:rupia|rupias", "R$": "real|reais/centavo|centavos", "₿": "bitcoin|bitcoins",
		"kr": "f:coroa|coroas", "Kč": "f:coroa|coroas",
	},
	"nl": {
		"$": "dollar|dollar/cent|cent", "€": "euro|euro/cent|cent", "£": "pond|pond/pence|pence", "¥": "yen|yen",
		"₽": "roebel|roebel/kopeke|kopeken", "₴": "hryvnia|hryvnia",
		"zł": "zloty|zloty", "CHF": "Zwitserse frank|Zwitserse " +
			"frank", "₹": "roepie|roepie", "R$": "real|real", "₿": "bitcoin|bitcoin", "kr": "kroon|kronen", "Kč": "kroon|kronen",
	},
	"pl": {
		"$": "dolar|dolary|dolarów|dolara/cent|centy|centów|centa", "€": "n:euro|euro|euro|euro/cent|centy|centów|centa",
		"£": "funt|funty|funtów|funta/pens|pensy|pensów|pensa",
		"¥": "jen|jeny|jenów|jena", "₽": "rubel|ruble|rubli|rubla/f:kopiejka|kopiejki|kopiejek|kopiejki",
		"₴":  "f:hrywna|hrywny|hrywien|hrywny",
		"zł": "złoty|złote|złotych|złotego/grosz|grosze|groszy|grosza", "CHF": "frank szwajcarski|franki " +
			"szwajcarskie|franków szwajcarskich|franka szwajcarskiego",
		"₹": "f:rupia|rupie|rupii|rupii", "kr": "f:korona|korony|koron|korony", "Kč": "f:korona|korony|koron|korony",
		"₿": "bitcoin|bitcoiny|bitcoinów|bitcoina",
	},
	"uk": {
		"$": "долар|долари|доларів|долара/цент|центи|центів|цента", "€": "євро|євро|євро|євро/цент|центи|центів|цента",
		"£": "фунт|фунти|фунтів|фунта/пенс|пенси|пенсів|пенса",
		"¥": "f:єна|єни|єн|єни", "₽": "рубль|рублі|рублів|рубля/f:копійка|копійки|копійок|копійки",
		"₴":  "f:гривня|гривні|гривень|гривні/f:копійка|копійки|копійок|копійки",
		"zł": "злотий|злоті|злотих|злотого/грош|гроші|грошів|гроша", "CHF": "швейцарський франк|швейцарські " +
			"франки|швейцарських франків|швейцарського франка",
		"₹": "f:рупія|рупії|рупій|рупії", "kr": "f:крона|крони|крон|крони", "Kč": "f:крона|крони|крон|крони",
		"₿": "біткоїн|біткоїни|біткоїнів|біткоїна",
	},
	"ru": {
		"$": "доллар|доллара|долларов|доллара/цент|цента|центов|цента", "€": "евро|евро|евро|евро/цент|цента|центов|цента",
		"£": "фунт|фунта|фунтов|фунта/пенс|пенса|пенсов|пенса",
		"¥": "f:иена|иены|иен|иены", "₽": "рубль|рубля|рублей|рубля/f:копейка|копейки|копеек|копейки",
		"₴":  "f:гривна|гривны|гривен|гривны/f:копейка|копейки|копеек|копейки",
		"zł": "злотый|злотых|злотых|злотого", "CHF": "швейцарский франк|швейцарских франка|швейцарских " +
			"франков|швейцарского " +
			"франка",
		"₹": "f:рупия|рупии|рупий|рупии", "kr": "f:крона|кроны|крон|кроны", "Kč": "f:крона|кроны|крон|кроны",
		"₿": "биткойн|биткойна|биткойнов|биткойна",
	},
}

// signs maps written signs of currencies to keys of [money] or ISO codes.
var signs = map[string]string{
	"$": "$", "US$": "USD", "€": "€", "£": "£", "¥": "¥", "￥": "¥", "₽": "₽", "₴": "₴", "₹": "₹", "¢": "¢", "₩": "₩",
	"₺": "₺", "₿": "₿", "₪": "₪", "₸": "₸", "R$": "R$",
	"zł": "zł", "Kč": "Kč", "руб": "₽", "руб.": "₽", "грн": "₴", "грн.": "₴", "CHF": "CHF", "Fr.": "CHF", "SFr.": "CHF",
	"kr": "kr", "kr.": "kr", "EUR": "€", "GBP": "£", "JPY": "¥",
	"RUB": "₽", "UAH": "₴", "PLN": "zł", "A$": "AUD", "C$": "CAD", "HK$": "HKD", "NZ$": "NZD", "S$": "SGD", "р.": "₽",
}

// codeOf maps signs to ISO codes, for currencies that [money] lacks in a language.
var codeOf = map[string]string{
	"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₽": "RUB", "₴": "UAH", "₹": "INR", "₩": "KRW", "₺": "TRY", "₿": "BTC",
	"R$": "BRL", "zł": "PLN", "CHF": "CHF", "₪": "ILS",
	"₸": "KZT", "Kč": "CZK",
}

// magnitudes are the names of large numbers and their abbreviations, by language ("" for all languages), with the
// number of zeros.
var magnitudes = map[string]map[string]int{
	"": {"M": 6, "bn": 9, "mn": 6},
	"en": {"k": 3, "K": 3, "M": 6, "m": 6, "B": 9, "b": 9, "T": 12, "bn": 9, "mn": 6, "tn": 12, "thousand": 3,
		"million": 6, "billion": 9, "trillion": 12, "mln": 6},
	"de": {"Tsd.": 3, "Tsd": 3, "Mio.": 6, "Mio": 6, "Mrd.": 9, "Mrd": 9, "Bio.": 12, "Bio": 12, "Million": 6,
		"Millionen": 6, "Milliarde": 9, "Milliarden": 9, "Tausend": 3},
	"fr": {"k": 3, "M": 6, "Md": 9, "Mds": 9, "Mrd": 9, "million": 6, "millions": 6, "milliard": 9, "milliards": 9},
	"es": {"mil": 3, "M": 6, "mill.": 6, "millón": 6, "millones": 6},
	"it": {"mln": 6, "mld": 9, "mila": 3, "milione": 6, "milioni": 6, "miliardo": 9, "miliardi": 9, "mrd": 9},
	"pt": {"mil": 3, "mi": 6, "bi": 9, "milhão": 6, "milhões": 6, "bilhão": 9, "bilhões": 9},
	"nl": {"mln.": 6, "mln": 6, "mld.": 9, "mld": 9, "mrd": 9, "duizend": 3, "miljoen": 6, "miljard": 9},
	"pl": {"tys.": 3, "tys": 3, "mln": 6, "mld": 9, "bln": 12},
	"uk": {"тис.": 3, "тис": 3, "млн": 6, "млн.": 6, "млрд": 9, "млрд.": 9, "трлн": 12},
	"ru": {"тыс.": 3, "тыс": 3, "млн": 6, "млн.": 6, "млрд": 9, "млрд.": 9, "трлн": 12},
}
