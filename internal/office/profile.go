package office

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// setting is one property of LibreOffice's registry.
type setting struct{ path, name, value string }

// hardened are the settings of the profile that contain LibreOffice. DisableActiveContent is not among them: with it
// LibreOffice refuses decks with charts.
var hardened = []setting{
	// linked pictures and files are neither fetched nor read
	{"/org.openoffice.Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"},
	{"/org.openoffice.Office.Common/Security/Scripting", "DisableMacrosExecution", "true"},
	{"/org.openoffice.Office.Common/Security/Scripting", "MacroSecurityLevel", "3"}, // only signed ones of trusted places
	{"/org.openoffice.Office.Common/Security/Scripting", "CheckDocumentEvents", "true"},
	{"/org.openoffice.Office.Common/Security", "LoadExoticFileFormats", "0"}, // never
}

// quiet are the settings that spare LibreOffice what only a person at a screen needs.
var quiet = []setting{
	{"/org.openoffice.Office.ExtensionManager/ExtensionSecurity", "DisableExtensionInstallation", "true"},
	{"/org.openoffice.Office.Common/Misc", "FirstRun", "false"},
	{"/org.openoffice.Office.Common/Misc", "CrashReport", "false"},
	{"/org.openoffice.Office.Common/Misc", "ShowTipOfTheDay", "false"},
	{"/org.openoffice.Office.Common/Misc", "UseOpenCL", "false"},
	{"/org.openoffice.Office.Common/History", "PickListSize", "0"},
	{"/org.openoffice.Office.Common/History", "RecentDocsThumbnail", "false"},
	{"/org.openoffice.Office.Common/Save/Document", "AutoSave", "false"},
	{"/org.openoffice.Office.Recovery/AutoSave", "Enabled", "false"},
	{"/org.openoffice.Office.Recovery/RecoveryInfo", "Enabled", "false"},
	{"/org.openoffice.Setup/Office", "ooSetupInstCompleted", "true"},
	{"/org.openoffice.Office.Java/VirtualMachine", "Enable", "false"}, // slow to start, and no presentation needs it
}

// writeProfile makes a profile in the new folder dir.
func writeProfile(dir string, settings []setting) error {
	var b strings.Builder
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n" +
		`<oor:items xmlns:oor="http://openoffice.org/2001/registry" xmlns:xs="http://www.w3.org/2001/XMLSchema" ` +
		`xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">` + "\n")
	for _, s := range settings {
		fmt.Fprintf(&b, `<item oor:path="%s"><prop oor:name="%s" oor:op="fuse"><value>%s</value></prop></item>`+"\n",
			s.path, s.name, s.value)
	}
	b.WriteString("</oor:items>\n")
	user := filepath.Join(dir, "user")
	if err := os.MkdirAll(user, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(user, "registrymodifications.xcu"), []byte(b.String()), 0o600)
}
