package spoken

// unitSigns are the abbreviations of units and the CLDR's names of them, for all languages.
var unitSigns = map[string]string{
	"%": "percent", "‰": "permille", "°C": "celsius", "℃": "celsius", "ºC": "celsius", "°F": "fahrenheit",
	"℉": "fahrenheit", "°": "degree", "º": "degree",
	"km": "kilometer", "m": "meter", "dm": "decimeter", "cm": "centimeter", "mm": "millimeter", "µm": "micrometer",
	"μm": "micrometer", "nm": "nanometer",
	"mi": "mile", "ft": "foot", "yd": "yard", "kg": "kilogram", "g": "gram", "mg": "milligram", "µg": "microgram",
	"μg": "microgram",
	"t":  "tonne", "lb": "pound", "lbs": "pound", "oz": "ounce", "l": "liter", "L": "liter", "ml": "milliliter",
	"mL": "milliliter", "cl": "centiliter", "dl": "deciliter",
	"hl": "hectoliter", "m²": "square-meter", "m2": "square-meter", "km²": "square-kilometer", "km2": "square-kilometer",
	"cm²": "square-centimeter",
	"cm2": "square-centimeter", "m³": "cubic-meter", "m3": "cubic-meter", "cm³": "cubic-centimeter",
	"cm3": "cubic-centimeter", "km³": "cubic-kilometer",
	"ha": "hectare", "km/h": "kilometer-per-hour", "kmh": "kilometer-per-hour", "kph": "kilometer-per-hour",
	"m/s": "meter-per-second", "mph": "mile-per-hour",
	"m/s²": "meter-per-square-second", "m/s2": "meter-per-square-second", "B": "byte", "kB": "kilobyte", "KB": "kilobyte",
	"MB": "megabyte", "GB": "gigabyte",
	"TB": "terabyte", "PB": "petabyte", "bit": "bit", "kbit": "kilobit", "Kbit": "kilobit", "Mbit": "megabit",
	"Gbit": "gigabit", "Tbit": "terabit", "kb": "kilobit", "Mb": "megabit", "Gb": "gigabit",
	"Hz": "hertz", "kHz": "kilohertz", "MHz": "megahertz", "GHz": "gigahertz", "W": "watt", "mW": "milliwatt",
	"kW": "kilowatt", "MW": "megawatt", "GW": "gigawatt",
	"kWh": "kilowatt-hour", "V": "volt", "A": "ampere", "mA": "milliampere", "Ω": "ohm", "J": "joule", "kJ": "kilojoule",
	"cal": "calorie", "kcal": "kilocalorie",
	"Pa": "pascal", "hPa": "hectopascal", "kPa": "kilopascal", "MPa": "megapascal", "bar": "bar", "mbar": "millibar",
	"psi": "pound-force-per-square-inch",
	"N":   "newton", "lx": "lux", "K": "kelvin", "s": "second", "ms": "millisecond", "µs": "microsecond",
	"μs": "microsecond", "ns": "nanosecond",
	"min": "minute", "h": "hour", "px": "pixel", "dpi": "dot-per-inch", "ppm": "part-per-1e6", "hp": "horsepower",
	"kn":  "knot",
	"mpg": "mile-per-gallon", "l/100km": "liter-per-100-kilometer", "MP": "megapixel",
}

// localUnits are the abbreviations that only some languages use.
var localUnits = map[string]map[string]string{
	"en": {"sec": "second", "secs": "second", "mins": "minute", "hr": "hour", "hrs": "hour", "in": "inch", "sq": "",
		"gal": "gallon", "yr": "year", "yrs": "year", "bits": "bit", "d": "day", "fps": "frame"},
	"de": {"fps": "frame", "Std": "hour", "Std.": "hour", "Min": "minute", "Min.": "minute", "Sek": "second",
		"Sek.": "second", "PS": "horsepower", "qm": "square-meter"},
	"fr": {"fps": "frame", "Go": "gigabyte", "Mo": "megabyte", "Ko": "kilobyte", "ko": "kilobyte", "To": "terabyte",
		"j": "day", "ch": "horsepower"},
	"es": {"fps": "frame"}, "it": {"fps": "frame"}, "pt": {"fps": "frame"}, "nl": {"fps": "frame"},
	"pl": {"fps": "frame", "godz": "hour", "godz.": "hour", "sek": "second", "KM": "horsepower"},
	"uk": {
		"fps": "frame",
		"км":  "kilometer", "м": "meter", "см": "centimeter", "мм": "millimeter", "кг": "kilogram", "г": "gram",
		"мг": "milligram", "т": "tonne", "л": "liter", "мл": "milliliter",
		"км/год": "kilometer-per-hour", "м/с": "meter-per-second", "год": "hour", "хв": "minute", "сек": "second",
		"ГБ": "gigabyte", "МБ": "megabyte", "КБ": "kilobyte", "ТБ": "terabyte",
		"Мбіт": "megabit", "Гбіт": "gigabit", "м²": "square-meter", "км²": "square-kilometer", "м³": "cubic-meter",
		"га": "hectare", "кВт": "kilowatt", "Вт": "watt", "МВт": "megawatt", "Гц": "hertz", "МГц": "megahertz",
		"ГГц": "gigahertz", "°С": "celsius", "кВт·год": "kilowatt-hour", "мм²": "", "грам": "gram",
	},
	"ru": {
		"fps": "frame",
		"км":  "kilometer", "м": "meter", "см": "centimeter", "мм": "millimeter", "кг": "kilogram", "г": "gram",
		"мг": "milligram", "т": "tonne", "л": "liter", "мл": "milliliter",
		"км/ч": "kilometer-per-hour", "м/с": "meter-per-second", "ч": "hour", "мин": "minute", "сек": "second",
		"ГБ": "gigabyte", "Гб": "gigabyte", "МБ": "megabyte", "Мб": "megabyte", "КБ": "kilobyte", "ТБ": "terabyte",
		"Мбит": "megabit", "Гбит": "gigabit", "м²": "square-meter", "км²": "square-kilometer", "м³": "cubic-meter",
		"га": "hectare", "кВт": "kilowatt", "Вт": "watt", "МВт": "megawatt", "Гц": "hertz", "МГц": "megahertz",
		"ГГц": "gigahertz", "°С": "celsius", "кВт·ч": "kilowatt-hour",
	},
}

// perUnits are units that may follow the slash of a compound unit.
var perUnits = map[string]string{
	"s": "second", "sec": "second", "min": "minute", "h": "hour", "hr": "hour", "d": "day", "kg": "kilogram", "m": "meter",
	"l": "liter", "L": "liter", "m²": "square-meter", "m³": "cubic-meter",
	"с": "second", "сек": "second", "мин": "minute", "хв": "minute", "ч": "hour", "год": "hour", "кг": "kilogram",
	"л": "liter", "km": "kilometer", "day": "day", "month": "month", "year": "year",
	"hour": "hour", "minute": "minute", "second": "second", "week": "week", "mo": "month", "wk": "week", "yr": "year",
	"mies": "month", "мес": "month", "міс": "month",
	"месяц": "month", "місяць": "month", "рік": "year", "день": "day", "час": "hour", "сут": "day",
}

// bareUnits must follow their number without a space; after a space they are words.
var bareUnits = map[string]map[string]bool{
	"":   {"A": true, "B": true, "K": true, "N": true, "J": true, "a": true, "º": true},
	"en": {"in": true, "A": true, "d": true, "sq": true, "L": true},
	"ru": {"с": true, "в": true}, "uk": {"с": true, "в": true, "год": false},
	"pt": {"h": false}, "pl": {"A": true, "W": true}, "es": {"A": true},
}

// unitWords are units whose CLDR words differ from everyday speech: forms as in [money].
var unitWords = map[string]map[string]string{
	"en": {"frame": "frame per second|frames per second", "permille": "per mille|per mille",
		"dot-per-inch": "dot per inch|dots per inch"},
	"de": {"frame": "Bild pro Sekunde|Bilder pro Sekunde"},
	"fr": {"frame": "image par seconde|images par seconde"},
	"es": {"frame": "fotograma por segundo|fotogramas por segundo"},
	"pt": {"frame": "quadro por segundo|quadros por segundo"},
	"pl": {"frame": "klatka na sekundę|klatki na sekundę|klatek na sekundę|klatki na sekundę"},
	"ru": {"frame": "кадр в секунду|кадра в секунду|кадров в секунду|кадра в секунду"},
	"it": {"frame": "fotogramma al secondo|fotogrammi al secondo", "percent": "per cento|per cento"},
	"nl": {"frame": "beeld per seconde|beelden per seconde", "degree": "graad|graden"},
	"uk": {"frame": "кадр за секунду|кадри за секунду|кадрів за секунду|кадру за секунду",
		"kilometer-per-hour": "кілометр на годину|кілометри на годину|кілометрів на годину|кілометра на годину"},
}
