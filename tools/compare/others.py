#!/usr/bin/python3
"""Writes how ICU and num2words spell random numbers and dates, for the comparison with Lectern in docs/SPOKEN.md.

Needs Debian's python3-icu and python3-num2words. Run:

    /usr/bin/python3 tools/compare/others.py 1000 | gzip -9n > internal/spoken/testdata/others.tsv.gz
    go test ./internal/spoken -run OtherPrograms -update

Each line: language, library, kind, value, words. A kind is the name of a rule set of the CLDR, or "date".
"""
import datetime
import random
import sys

import icu
import num2words

SETS = {
    "en": ["cardinal", "ordinal", "numbering-year"],
    "de": ["numbering", "ordinal", "cardinal-feminine"],
    "fr": ["cardinal-masculine", "cardinal-feminine", "ordinal-masculine"],
    "es": ["cardinal-masculine", "cardinal-feminine", "ordinal-masculine"],
    "it": ["cardinal-masculine", "ordinal-masculine"],
    "pt": ["cardinal-masculine", "cardinal-feminine", "ordinal-masculine"],
    "nl": ["cardinal", "ordinal", "numbering-year"],
    "pl": ["cardinal-masculine", "cardinal-feminine"],
    "uk": ["cardinal-masculine", "cardinal-feminine", "cardinal-neuter"],
    "ru": ["cardinal-masculine", "cardinal-feminine", "ordinal-masculine"],
}

# The kinds that num2words has for a language, and the kind of CLDR with which each is compared.
OTHERS = {
    "en": {"cardinal": "cardinal", "ordinal": "ordinal"},
    "de": {"cardinal": "numbering", "ordinal": "ordinal"},
    "fr": {"cardinal": "cardinal-masculine", "ordinal": "ordinal-masculine"},
    "es": {"cardinal": "numbering", "ordinal": "ordinal-masculine"},
    "it": {"cardinal": "numbering", "ordinal": "ordinal-masculine"},
    "pt": {"cardinal": "cardinal-masculine", "ordinal": "ordinal-masculine"},
    "nl": {"cardinal": "cardinal", "ordinal": "ordinal"},
    "pl": {"cardinal": "cardinal-masculine"},
    "uk": {"cardinal": "cardinal-masculine"},
    "ru": {"cardinal": "cardinal-masculine", "ordinal": "ordinal-masculine"},
}


def value(rng, ordinal):
    top = rng.choice([30, 200, 3000, 30_000] if ordinal else [30, 200, 3000, 100_000, 10_000_000, 10_000_000_000])
    return rng.randrange(1, top)


def date(language, day, spell):
    """A date in words, put together from ICU's month and numbers in the way of the language, or None."""
    month = icu.SimpleDateFormat("d MMMM", icu.Locale(language))
    month.setTimeZone(icu.TimeZone.getGMT())
    month = month.format(datetime.datetime(day.year, day.month, day.day, 12, tzinfo=datetime.timezone.utc)).split(" ", 1)[1]
    say = lambda n, kind: spell.format(n, "%spellout-" + kind).replace("\u00ad", "")
    d, y = day.day, day.year
    if language == "en":
        return f"{month} {say(d, 'ordinal')} {say(y, 'numbering-year')}"
    if language == "de":
        return f"{say(d, 'ordinal-r')} {month} {say(y, 'numbering-year')}"
    if language == "nl":
        return f"{say(d, 'cardinal')} {month} {say(y, 'numbering-year')}"
    if language == "fr":
        return f"{'premier' if d == 1 else say(d, 'cardinal-masculine')} {month} {say(y, 'cardinal-masculine')}"
    if language == "it":
        return f"{'primo' if d == 1 else say(d, 'numbering')} {month} {say(y, 'numbering')}"
    if language in ("es", "pt"):
        first = "primeiro" if language == "pt" and d == 1 else say(d, "numbering")
        return f"{first} {month[3:] if month.startswith('de ') else month} de {say(y, 'numbering')}".replace(first + " ", first + " de ", 1)
    if language == "ru":
        return f"{say(d, 'ordinal-neuter')} {month} {say(y, 'ordinal-masculine-genitive')} года"
    # Neither library has Polish or Ukrainian ordinals, so dates in these languages are not compared.
    return None


def main():
    count = int(sys.argv[1])
    for language, sets in SETS.items():
        rng = random.Random("spoken " + language)
        spell = icu.RuleBasedNumberFormat(icu.URBNFRuleSetTag.SPELLOUT, icu.Locale(language))
        jobs = [("icu", s, None) for s in sets] + [("num2words", k, to) for to, k in OTHERS[language].items()] + [("icu", "date", None)]
        if language in ("pl", "uk"):
            jobs.pop()
        for i in range(count):
            who, kind, to = jobs[i % len(jobs)]
            if kind == "date":
                day = datetime.date(1900, 1, 1) + datetime.timedelta(days=rng.randrange(365 * 180))
                said = date(language, day, spell)
                if said:
                    print(language, who, kind, day.isoformat(), said, sep="\t")
                continue
            n = value(rng, "ordinal" in kind)
            try:
                said = num2words.num2words(n, lang=language, to=to) if to else spell.format(n, "%spellout-" + kind)
            except Exception as err:
                print(f"{language} {who} {kind} {n}: {err!r}", file=sys.stderr)
                continue
            print(language, who, kind, n, said.replace("\u00ad", "").replace("\u200b", "").strip(), sep="\t")


main()
