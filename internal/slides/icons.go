package slides

import (
	"html/template"
	"strings"
)

// drawn are line icons on a grid of 24 units, stroked in the colour of the text.
var drawn = map[string]string{
	"check": "M5 12.5l4.5 4.5L19 7.5",
	"cross": "M6.5 6.5l11 11M17.5 6.5l-11 11",
	"arrow": "M4 12h15M13 6l6 6-6 6",
	"up":    "M12 19V6M6 11.5L12 5.5l6 6",
	"down":  "M12 5v13M6 12.5l6 6 6-6",
	"star":  "M12 3.5l2.6 5.4 5.9.8-4.3 4.1 1 5.9L12 16.9l-5.2 2.8 1-5.9-4.3-4.1 5.9-.8z",
	"clock": "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 1 0 0-17zM12 7.5V12l3 2",
	"users": "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 1 0 0 7zM2.5 20c0-3.6 2.9-6 6.5-6s6.5 2.4 6.5 6M15.5 4.4a3.5 3.5 0 0 " +
		"1 0 6.2M18 14.6c2.2.8 3.5 2.8 3.5 5.4",
	"user":   "M12 11.5a4 4 0 1 0 0-8 4 4 0 1 0 0 8zM4.5 20.5c0-4 3.4-6.5 7.5-6.5s7.5 2.5 7.5 6.5",
	"chart":  "M4 4v16h16M8 16v-4M12.5 16V8M17 16v-6",
	"growth": "M3.5 17l6-6 4 4 7-8M15 7h5.5v5.5",
	"shield": "M12 3l7.5 3v5.5c0 4.6-3.1 7.9-7.5 9.5-4.4-1.6-7.5-4.9-7.5-9.5V6zM8.8 12l2.3 2.3 4.2-4.4",
	"rocket": "M12 15.5l-3.5-3.5C9.500 8 12.500 3.500 19.500 4.500c1 7-3.500 10-7.500 11zM8.500 12H5l2.500-4 3 .2M12 " +
		"15.500V19l4-2.500-.2-3M5 16c-1.200 1-1.500 3.500-1.500 4.500 1 0 3.500-.3 4.500-1.500",
	"idea": "M9 17.500h6M10 20.500h4M8.500 14.500C7 13.300 6 11.700 6 9.500a6 6 0 1 1 12 0c0 2.200-1 3.800-2.500 " +
		"5v3h-7z",
	"target": "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 1 0 0-17zM12 8a4 4 0 1 0 0 8 4 4 0 1 0 0-8zM12 11.900v.2",
	"gear": "M12 8.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 1 0 0-7zM12 2.500v3M12 18.500v3M2.500 12h3M18.500 " +
		"12h3M5.300 5.300l2.100 2.100M16.600 16.600l2.100 2.100M18.700 5.300l-2.100 2.100M7.400 16.600l-2.100 2.100",
	"heart": "M12 20s-8-4.600-8-10.500A4.500 4.500 0 0 1 12 7a4.500 4.500 0 0 1 8 2.500C20 15.400 12 20 12 20z",
	"globe": "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 1 0 0-17zM3.500 12h17M12 3.500c2.500 2.400 3.700 5.300 " +
		"3.700 8.500s-1.200 6.100-3.700 8.500c-2.500-2.400-3.700-5.300-3.700-8.500s1.200-6.100 3.700-8.500z",
	"money": "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 1 0 0-17zM14.800 " +
		"9.200c-.5-.9-1.500-1.400-2.800-1.400-1.700 0-2.900.8-2.900 2.100 0 2.900 5.900 1.300 5.900 4.200 0 " +
		"1.300-1.300 2.100-3 2.100-1.400 0-2.500-.5-3-1.500M12 6v1.800M12 16.200V18",
	"lock":     "M6 10.500h12v9.500H6zM8.500 10.500V8a3.500 3.500 0 0 1 7 0v2.500M12 14.500v2",
	"bolt":     "M13 3L5 13.500h6L10.500 21 19 10.500h-6z",
	"book":     "M4 5.500c3-1 6-.7 8 1 2-1.700 5-2 8-1V19c-3-1-6-.7-8 1-2-1.700-5-2-8-1zM12 6.500V20",
	"chat":     "M4 5h16v11.500h-9L6.500 20v-3.500H4z",
	"calendar": "M4.500 6h15v14h-15zM4.500 10.500h15M8.500 3.500V8M15.500 3.500V8",
	"phone": "M6 3.500h3l1.500 4.500-2 1.500c1 2.300 3.200 4.500 5.500 5.500l1.500-2 4.500 1.500v3c0 1.400-1 " +
		"2.500-2.500 2.500C10 20 4 14 3.500 6.500 3.500 4.700 4.600 3.500 6 3.500z",
	"mail":   "M3.500 5.500h17v13h-17zM4 6.500l8 6.500 8-6.500",
	"search": "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 1 0 0-13zM15.500 15.500L20.500 20.500",
	"cloud":  "M7 18.500a4 4 0 0 1-.5-8 6 6 0 0 1 11.400 1.200A3.500 3.500 0 0 1 17.500 18.500z",
	"home":   "M3.500 11.500L12 4l8.500 7.500M6 9.500V20h12V9.500M10 20v-5.500h4V20",
	"play":   "M7 4.500l12 7.500-12 7.500z",
	"file":   "M6 3.500h8l4 4V20.500H6zM14 3.500v4h4M9 12h6M9 16h6",
	"link": "M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 " +
		"18.700l1-1",
	"leaf":  "M5 19c0-9 5-14 15-14 0 10-5 14-11 14-1.700 0-3-.5-4-2M5 19c2-5 5-8 9-9.500",
	"award": "M12 3.500a5.500 5.500 0 1 0 0 11 5.500 5.500 0 1 0 0-11zM8.500 13.500L7 21l5-2.500L17 21l-1.500-7.500",
	"flag":  "M5.500 21V4h12l-2.500 4.500 2.500 4.500h-12",
	"layers": "M12 3.500l8.500 4.500L12 12.500 3.500 8zM3.500 12l8.500 4.500 8.500-4.500M3.500 16l8.500 4.500 " +
		"8.500-4.500",
	"map": "M12 21s-6.500-6-6.500-11a6.500 6.500 0 0 1 13 0c0 5-6.500 11-6.500 11zM12 7.500a2.500 2.500 0 1 0 0 5 " +
		"2.500 2.500 0 1 0 0-5z",
	"code": "M8.500 7L3.500 12l5 5M15.500 7l5 5-5 5",
	"truck": "M2.500 6h11v10.500h-11zM13.500 9.500h4l4 4v3h-8M6.500 16.500a2 2 0 1 0 .01 4 2 2 0 1 0 0-4zM17 16.500a2 " +
		"2 0 1 0 .01 4 2 2 0 1 0 0-4z",
}

// otherNames are other names of icons in decks.
var otherNames = map[string]string{
	"checkmark": "check", "tick": "check", "done": "check", "close": "cross", "x": "cross", "time": "clock",
	"speed": "bolt", "fast": "bolt",
	"lightning": "bolt", "zap": "bolt", "team": "users", "people": "users", "person": "user", "customer": "user",
	"graph": "chart", "analytics": "chart",
	"barchart": "chart", "trending": "growth", "trendingup": "growth", "trendup": "growth", "security": "shield",
	"safe": "shield", "safety": "shield", "launch": "rocket",
	"lightbulb": "idea", "bulb": "idea", "innovation": "idea", "goal": "target", "focus": "target", "settings": "gear",
	"cog": "gear", "process": "gear",
	"love": "heart", "health": "heart", "world": "globe", "web": "globe", "international": "globe", "dollar": "money",
	"cost": "money", "price": "money",
	"savings": "money", "privacy": "lock", "learn": "book", "education": "book", "course": "book", "message": "chat",
	"support": "chat", "comment": "chat", "date": "calendar",
	"schedule": "calendar", "call": "phone", "email": "mail", "envelope": "mail", "find": "search", "house": "home",
	"video": "play", "document": "file",
	"doc": "file", "report": "file", "eco": "leaf", "nature": "leaf", "medal": "award", "trophy": "award",
	"quality": "award", "milestone": "flag",
	"stack": "layers", "location": "map", "pin": "map", "place": "map", "developer": "code", "api": "code",
	"shipping": "truck", "delivery": "truck",
}

// symbol finds the drawn icon of a name such as "Users", "fa-users" or "icon_team".
func symbol(s string) (string, bool) {
	s = squash(s)
	for _, prefix := range []string{"", "fas", "far", "fa", "icon", "lucide", "mdi", "hi"} {
		name, ok := strings.CutPrefix(s, prefix)
		if !ok {
			continue
		}
		for _, suffix := range []string{"", "icon", "outline", "solid"} {
			n := strings.TrimSuffix(name, suffix)
			if other, ok := otherNames[n]; ok {
				n = other
			}
			if _, ok := drawn[n]; ok {
				return n, true
			}
		}
	}
	return "", false
}

// icon returns a drawn icon as an svg element; for an unknown name it returns nothing.
func icon(name string) template.HTML {
	d, ok := drawn[name]
	if !ok {
		return ""
	}
	return template.HTML(`<svg class="icon" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true"><path d="` + d + `"/></svg>`)
}
