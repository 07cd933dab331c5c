package tts

import "testing"

var samples = []struct{ lang, text string }{
	{"en", "Hello, and welcome."},
	{"en", "Quarterly results"},
	{"en", "Today we look at how the team ships software every week."},
	{"en", "Welcome to München!"},
	{"en", "Thank you"},
	{"uk", "Привіт і ласкаво просимо."},
	{"uk", "Сьогодні ми розглянемо, як працює система."},
	{"uk", "Дякую за увагу!"},
	{"de", "Hallo und herzlich willkommen."},
	{"de", "Heute sehen wir uns an, wie das Team arbeitet."},
	{"de", "Vielen Dank!"},
	{"de", "Unsere Ergebnisse im dritten Quartal"},
	{"es", "Hola y bienvenidos."},
	{"es", "Hoy vamos a ver cómo trabaja el equipo."},
	{"es", "Muchas gracias"},
	{"fr", "Bonjour et bienvenue."},
	{"fr", "Aujourd'hui, nous allons voir comment l'équipe travaille."},
	{"fr", "Merci beaucoup"},
	{"it", "Ciao e benvenuti alla nostra presentazione."},
	{"it", "Grazie mille"},
	{"pt", "Olá e bem-vindos à nossa apresentação."},
	{"pt", "Muito obrigado"},
	{"pl", "Dzień dobry i witamy na naszej prezentacji."},
	{"pl", "Dziękuję bardzo"},
	{"nl", "Hallo en welkom bij onze presentatie."},
	{"nl", "Dank u wel"},
	{"cs", "Dobrý den a vítejte na naší prezentaci."},
	{"sv", "Hej och välkommen till vår presentation."},
	{"fi", "Hei ja tervetuloa esitykseemme."},
	{"hu", "Üdvözöljük az előadásunkon, örülünk, hogy itt vannak."},
	{"ro", "Bună ziua și bine ați venit la prezentarea noastră."},
	{"tr", "Merhaba ve sunumumuza hoş geldiniz."},
	{"vi", "Xin chào và chào mừng các bạn đến với bài thuyết trình."},
	{"id", "Selamat datang di presentasi kami dan terima kasih."},
	{"ru", "Здравствуйте и добро пожаловать."},
	{"ru", "Сегодня мы посмотрим, как работает команда."},
	{"bg", "Здравейте и добре дошли на нашата презентация."},
	{"be", "Добры дзень і сардэчна запрашаем на нашу прэзентацыю."},
	{"el", "Γεια σας και καλώς ήρθατε."},
	{"he", "שלום וברוכים הבאים."},
	{"ar", "مرحبا وأهلا بكم في هذا العرض"},
	{"fa", "سلام و خوش آمدید به این ارائه، چگونه کار می\u200cکند"},
	{"hi", "नमस्ते और स्वागत है"},
	{"ja", "こんにちは、世界の皆さん。"},
	{"zh", "你好，欢迎来到我们的演示。"},
	{"ko", "안녕하세요 환영합니다"},
	{"ko", "오늘 우리는 Kubernetes 서비스를 봅니다"},
	{"th", "สวัสดีและยินดีต้อนรับ"},
	{"ka", "გამარჯობა"},
	{"", "123 … 🎉 !!!"},
	{"", ""},
	// Of two languages, the one with more words is recognised.
	{"en", "The word Привіт means hello in Ukrainian."},
	{"uk", "Ми використовуємо Kubernetes та PostgreSQL для наших сервісів."},
	{"de", "Das Framework heißt Spring Boot und läuft in der Cloud."},
}

func TestRecogniseFindsTheLanguage(t *testing.T) {
	t.Parallel()
	for _, c := range samples {
		if got := Recognise(c.text); got != c.lang {
			_, m := recognise(c.text)
			t.Errorf("Recognise(%q) = %q (margin %.1f), want %q", c.text, got, m, c.lang)
		}
	}
}

func BenchmarkFirstRecognition(b *testing.B) {
	for b.Loop() {
		readProfiles(profilesText)
	}
}

func BenchmarkRecognise(b *testing.B) {
	for b.Loop() {
		Recognise("Today we look at how the team ships software every week.")
	}
}
