-- +goose Up
-- Uploaded files. Each owner who uploaded the same content has a row.
CREATE TABLE assets (
    owner      TEXT COLLATE "C" NOT NULL,
    sha256     TEXT COLLATE "C" NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('picture', 'sound', 'font', 'deck')),
    media_type TEXT    NOT NULL,
    size       BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    width      BIGINT  NOT NULL,
    height     BIGINT  NOT NULL,
    duration   BIGINT  NOT NULL, -- microseconds
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL,
    PRIMARY KEY (owner, sha256)
);
CREATE INDEX assets_by_content ON assets (sha256);
CREATE INDEX assets_by_age ON assets (owner, created_at DESC, sha256 DESC);
CREATE INDEX assets_by_use ON assets (used_at);

-- The file in the file store that holds a content, once for all its assets. A change of these assets locks this row
-- first.
CREATE TABLE asset_contents (
    sha256 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    file   TEXT COLLATE "C" NOT NULL UNIQUE
);

-- Files to remove at due_at or later: those that no asset uses any more, and those whose upload has not ended. File
-- names are never used again, so a late removal does no harm.
CREATE TABLE asset_leftovers (
    file   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    due_at BIGINT  NOT NULL
);
CREATE INDEX asset_leftovers_due ON asset_leftovers (due_at);

-- The assets that a presentation's deck names. They are kept as long as the presentation.
CREATE TABLE asset_uses (
    presentation_id TEXT COLLATE "C" NOT NULL REFERENCES presentations (id) ON DELETE CASCADE,
    owner           TEXT COLLATE "C" NOT NULL,
    sha256          TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (presentation_id, sha256),
    FOREIGN KEY (owner, sha256) REFERENCES assets (owner, sha256)
);
CREATE INDEX asset_uses_by_asset ON asset_uses (owner, sha256);

-- +goose Down
DROP TABLE asset_uses;
DROP TABLE asset_leftovers;
DROP TABLE asset_contents;
DROP TABLE assets;
