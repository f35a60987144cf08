-- souk: no-transaction
-- What searches of products look in: a vector of words, weighted, kept by a trigger whoever writes.
-- Every statement can be run again.

-- unaccent and pg_trgm come with PostgreSQL (Debian: in the server's package, others: postgresql-contrib)
-- and are trusted: CREATE on the database is enough. They may be installed in any schema already.
DO $do$
DECLARE
  wanted text;
BEGIN
  FOREACH wanted IN ARRAY ARRAY['unaccent', 'pg_trgm'] LOOP
    CONTINUE WHEN EXISTS (SELECT FROM pg_extension WHERE extname = wanted);
    IF NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = wanted) THEN
      RAISE EXCEPTION 'the server has no extension %: install its package of additional modules '
        '(postgresql-contrib, or the like), then run this again', wanted;
    END IF;
    IF NOT has_database_privilege(current_database(), 'CREATE') THEN
      RAISE EXCEPTION 'the role % may not create the extension %: as the owner of the database or a superuser run '
        'GRANT CREATE ON DATABASE % TO %; or CREATE EXTENSION %; in that database, then run this again',
        current_user, wanted, quote_ident(current_database()), quote_ident(current_user), wanted;
    END IF;
    EXECUTE format('CREATE EXTENSION IF NOT EXISTS %I', wanted);
  END LOOP;
END
$do$;

-- One row: the configuration of text search whose stems and stop words are used. A table, since triggers and
-- every node must agree about it, a dump contains it, and changing it needs no ownership. `indexed_to`: while
-- products are indexed anew, the last that was; NULL: all are.
CREATE TABLE IF NOT EXISTS search_settings (
  is_only    boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  language   text    NOT NULL,
  indexed_to uuid    DEFAULT '00000000-0000-0000-0000-000000000000'
);
INSERT INTO search_settings (language) VALUES ('english') ON CONFLICT DO NOTHING;

-- What was found in another language is dropped, and again when more products are indexed.
CREATE OR REPLACE FUNCTION log_search_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO change_log (topic, tag) VALUES ('catalog', 'search');
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER log_changes AFTER UPDATE ON search_settings
  FOR EACH STATEMENT EXECUTE FUNCTION log_search_changes();

-- The words of names, against which typing errors are corrected. Not unique, and looked up before each insert:
-- two writers of the same new word never wait for each other; a word that is there twice does no harm.
CREATE TABLE IF NOT EXISTS search_words (word text COLLATE "C" NOT NULL);
CREATE INDEX IF NOT EXISTS search_words_word ON search_words (word);
DO $do$
BEGIN
  EXECUTE format('CREATE INDEX IF NOT EXISTS search_words_similar ON search_words USING gin (word %I.gin_trgm_ops)',
    (SELECT n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace
     WHERE e.extname = 'pg_trgm'));
END
$do$;

-- A vector of a usual description stays in its row: a search that reads thousands would else look up each.
ALTER TABLE products ADD COLUMN IF NOT EXISTS search tsvector;
ALTER TABLE products SET (toast_tuple_target = 4080);

-- Text as words of small letters without accents, with spaces between them: compatible forms are one (normal
-- form KC), and what is no letter or digit separates words. In a run of CJK characters, which has no spaces,
-- each two neighbours are a word; in an index the last one too, so that a single character is found as the
-- beginning of a word. Characters are named and small letters are ICU's: the locale of the database is nothing
-- to it.
CREATE OR REPLACE FUNCTION search_text(text text, indexed boolean) RETURNS text
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  cjk CONSTANT text := '[\u3005-\u3007\u3041-\u30FA\u30FC-\u30FF\u3105-\u312F\u31A0-\u31FF\u3400-\u4DBF\u4E00-\u9FFF'
    '\uA960-\uA97F\uAC00-\uD7FF\uF900-\uFAFF\U00020000-\U0003FFFF]';
  separator CONSTANT text := '[\u0080-\u00BF\u00D7\u00F7\u02C2-\u02DF\u2000-\u206F\u20A0-\u20CF\u2190-\u2BFF'
    '\u2E00-\u2E7F\u3000-\u3004\u3008-\u3020\u3030\u30FB\uFE10-\uFE1F\uFE30-\uFE6F\uFF00-\uFF0F]+';
  mark text;
BEGIN
  IF octet_length(text) = char_length(text) THEN  -- ASCII
    text := lower(text COLLATE "C");
  ELSE
    text := lower(unaccent(lower(normalize(text, NFKC) COLLATE "und-x-icu")) COLLATE "C");
    text := regexp_replace(text, separator, ' ', 'g');
    IF text ~ cjk THEN
      SELECT string_agg(CASE WHEN NOT is_cjk THEN c
                             WHEN next_is_cjk THEN ' ' || c || next || ' '
                             WHEN indexed OR NOT last_is_cjk THEN ' ' || c || ' '
                             ELSE ' ' END, '' ORDER BY n)
      INTO text
      FROM (SELECT n, c, is_cjk, lead(c) OVER w AS next,
                   coalesce(lead(is_cjk) OVER w, false) AS next_is_cjk,
                   coalesce(lag(is_cjk) OVER w, false) AS last_is_cjk
            FROM (SELECT n, c, c ~ cjk AS is_cjk
                  FROM regexp_split_to_table(text, '') WITH ORDINALITY t (c, n)) t
            WINDOW w AS (ORDER BY n)) t;
    END IF;
  END IF;
  FOREACH mark IN ARRAY string_to_array('!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', NULL) LOOP
    text := replace(text, mark, ' ');
  END LOOP;
  RETURN text;
END
$$;

-- The whole form of each code: what stands between spaces, has a digit and is taken apart above.
CREATE OR REPLACE FUNCTION search_codes(text text) RETURNS text[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
  SELECT coalesce(array_agg(DISTINCT left(replace(c.words, ' ', ''), 64)), '{}')
  FROM regexp_split_to_table(text, '[\s,;()"]+') token
  CROSS JOIN LATERAL (SELECT btrim(search_text(token, true)) AS words) c
  WHERE token ~ '[0-9]' AND c.words LIKE '% %' AND char_length(replace(c.words, ' ', '')) >= 4
$$;

-- Weight A: the name, B: the SKU, D: the description. Beside their stems, words that no text yields:
-- ~word and ~stem of name and SKU, which are found by their beginnings and without reading any product; and
-- =whole name and =whole SKU. They have no positions.
CREATE OR REPLACE FUNCTION search_vector(name text, sku text, description text) RETURNS tsvector
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  config CONSTANT regconfig := (SELECT language FROM search_settings)::regconfig;
  name_words CONSTANT text := search_text(name, true);
  sku_words CONSTANT text := coalesce(search_text(sku, true), '');
  sku_code CONSTANT text := left(replace(sku_words, ' ', ''), 200);
  name_vector CONSTANT tsvector := to_tsvector(config, name_words);
  words text[] := regexp_split_to_array(concat_ws(' ', name_words, sku_words, sku_code), '\s+')
    || tsvector_to_array(name_vector);
  codes text[] := '{}';
BEGIN
  IF name ~ '[0-9]' THEN
    words := words || search_codes(name);
  END IF;
  IF description ~ '[0-9][-./_+:#&]|[-./_+:#&][0-9]' THEN
    codes := search_codes(description);
  END IF;
  RETURN setweight(name_vector, 'A')
    || setweight(to_tsvector('simple', concat_ws(' ', sku_words, sku_code)), 'B')
    || to_tsvector(config, search_text(description, true))
    || array_to_tsvector(codes || ARRAY(SELECT DISTINCT '~' || left(word, 200) FROM unnest(words) word WHERE word <> '')
      || ('=' || left(btrim(regexp_replace(name_words, '\s+', ' ', 'g')), 200))
      || CASE WHEN sku_code <> '' THEN ARRAY['=' || sku_code] ELSE '{}' END);
END
$$;

CREATE OR REPLACE FUNCTION index_product() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  NEW.search := search_vector(NEW.name, NEW.sku, NEW.description);
  INSERT INTO search_words
  SELECT DISTINCT word FROM regexp_split_to_table(search_text(NEW.name, true), '\s+') candidate (word)
  WHERE char_length(word) BETWEEN 4 AND 40 AND word !~ '[0-9]'
    AND NOT EXISTS (SELECT FROM search_words known WHERE known.word = candidate.word);
  RETURN NEW;
END
$$;

CREATE OR REPLACE TRIGGER index_new BEFORE INSERT ON products
  FOR EACH ROW EXECUTE FUNCTION index_product();
-- Whoever sets it to NULL has the product indexed anew.
CREATE OR REPLACE TRIGGER index_changed BEFORE UPDATE ON products FOR EACH ROW
  WHEN ((OLD.name, OLD.sku, OLD.description) IS DISTINCT FROM (NEW.name, NEW.sku, NEW.description)
        OR NEW.search IS NULL)
  EXECUTE FUNCTION index_product();
-- A product that is indexed anew is the same product: these are all columns but search.
CREATE OR REPLACE TRIGGER raise_version BEFORE UPDATE OF id, sku, name, description, category_id, price,
    currency, is_active, version, created_at, updated_at ON products
  FOR EACH ROW EXECUTE FUNCTION raise_version();

-- Other words find a product whose vector is another one; what is read of it is the same where its version is.
CREATE OR REPLACE FUNCTION log_product_changes() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  bulk CONSTANT integer := 1000;
  before products[] := '{}';
  after products[] := '{}';
BEGIN
  IF TG_OP IN ('UPDATE', 'DELETE') THEN
    before := ARRAY(SELECT old_rows FROM old_rows LIMIT bulk + 1);
  END IF;
  IF TG_OP IN ('UPDATE', 'INSERT') THEN
    after := ARRAY(SELECT new_rows FROM new_rows LIMIT bulk + 1);
  END IF;
  IF TG_OP = 'TRUNCATE' OR greatest(cardinality(before), cardinality(after)) > bulk THEN
    INSERT INTO change_log (topic, tag) VALUES ('catalog', '*');
  ELSE
    INSERT INTO change_log (topic, tag, version)
    SELECT DISTINCT 'catalog', dropped.tag, dropped.version
    FROM unnest(before) o FULL JOIN unnest(after) n ON o.id = n.id
    CROSS JOIN LATERAL (
      SELECT coalesce(o.is_active, false) AS was_sold, coalesce(n.is_active, false) AS is_sold,
             o.category_id <> n.category_id AS moved,
             (o.price, o.currency) IS DISTINCT FROM (n.price, n.currency) AS priced
    ) s
    CROSS JOIN LATERAL (
      SELECT 'product:' || coalesce(n.id, o.id), coalesce(n.version, o.version + 1)
        WHERE n.version IS DISTINCT FROM o.version
      UNION ALL SELECT 'products', NULL WHERE was_sold <> is_sold
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(o.category_id) c
        WHERE was_sold AND (moved OR NOT is_sold)
      UNION ALL SELECT 'category:' || c.id, NULL FROM category_and_above(n.category_id) c
        WHERE is_sold AND (moved OR NOT was_sold)
      UNION ALL SELECT 'prices', NULL WHERE was_sold AND is_sold AND priced
      UNION ALL SELECT 'category:' || c.id || ':prices', NULL
        FROM category_and_above(n.category_id) c WHERE was_sold AND is_sold AND priced
      UNION ALL SELECT 'search', NULL WHERE was_sold AND is_sold
        AND o.search IS DISTINCT FROM n.search
      UNION ALL SELECT 'skus', NULL WHERE was_sold AND is_sold AND o.sku IS DISTINCT FROM n.sku
    ) dropped (tag, version);
  END IF;
  PERFORM pg_notify('souk_changes', '');
  RETURN NULL;
END
$$;

-- The words of names that are most like a word that no name has.
CREATE OR REPLACE FUNCTION search_like(misspelt text) RETURNS tsquery
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT SET pg_trgm.similarity_threshold = 0.25 AS $$
BEGIN
  IF char_length(misspelt) < 4 OR EXISTS (SELECT FROM search_words w WHERE w.word = misspelt) THEN
    RETURN '';
  END IF;
  RETURN (SELECT coalesce(string_agg('''~' || word || '''', ' | ')::tsquery, '')
    FROM (SELECT word FROM search_words WHERE word % misspelt
          GROUP BY word ORDER BY similarity(word, misspelt) DESC, word LIMIT 3) best);
END
$$;

-- What finds products by words. Of each term: 1, it begins an alternative; 2, it is excluded; 4, it is quoted;
-- 8, it may be the beginning of a word. `matching` is what was asked for; `wide` asks for no order of words and
-- excludes nothing, so that the index alone answers it; `named` asks for names and SKUs only; `exact` for the
-- product whose whole name or SKU was typed. With `widened`, words may be the beginnings of others, and those that
-- no name has stand for words that are like them.
CREATE OR REPLACE FUNCTION search_query(terms text[], kinds integer[], widened boolean,
    OUT matching tsquery, OUT wide tsquery, OUT named tsquery, OUT exact tsquery)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  config CONSTANT regconfig := (SELECT language FROM search_settings)::regconfig;
  alternative record;
  branch tsquery[];  -- matching, wide, named, what is excluded, words of the language that say little
  term tsquery[];    -- wide, named, matching
  words text[];
  word text;
  stem tsquery;
  own tsquery;
  ending text;
  all_words text[] := '{}';
BEGIN
  matching := ''; wide := ''; named := ''; exact := '';
  FOR alternative IN
    SELECT array_agg(t.term ORDER BY n) AS terms, array_agg(t.kind ORDER BY n) AS kinds
    FROM (SELECT u.term, u.kind, n, sum(u.kind & 1) OVER (ORDER BY n) AS number
          FROM unnest(terms, kinds) WITH ORDINALITY u (term, kind, n)) t
    GROUP BY number ORDER BY number
  LOOP
    branch := ARRAY['', '', '', '', '']::tsquery[];
    FOR i IN 1 .. cardinality(alternative.terms) LOOP
      words := (array_remove(regexp_split_to_array(search_text(alternative.terms[i], false), '\s+'), ''))[1:16];
      CONTINUE WHEN cardinality(words) = 0;
      term := ARRAY['', '', '']::tsquery[];
      ending := CASE WHEN alternative.kinds[i] & 8 <> 0 OR widened AND alternative.kinds[i] & 6 = 0
                THEN ''':*' ELSE '''' END;
      FOREACH word IN ARRAY words LOOP
        word := left(word, 200);
        stem := plainto_tsquery(config, word);
        own := ('''~' || word || ending)::tsquery;
        IF char_length(word) = 1 AND octet_length(word) > 2 THEN  -- a CJK character
          stem := ('''' || word || ''':*')::tsquery;
          own := ('''~' || word || ''':*')::tsquery;
        END IF;
        IF widened AND alternative.kinds[i] & 6 = 0 THEN
          own := own || search_like(word);
        END IF;
        IF numnode(stem) = 0 AND alternative.kinds[i] & 2 = 0 THEN
          branch[5] := branch[5] && own;
          CONTINUE;
        END IF;
        term[1] := term[1] && (stem || own);
        term[2] := term[2] && (own || coalesce((SELECT string_agg('''~' || s || '''', ' & ')::tsquery
          FROM unnest(tsvector_to_array(to_tsvector(config, word))) s), ''));
      END LOOP;
      IF cardinality(words) > 1 AND numnode(term[1]) > 0 THEN
        word := left(array_to_string(words, ''), 200);
        own := ('''~' || word || ending)::tsquery;
        term[1] := term[1] || ('''' || word || '''')::tsquery || own;
        term[2] := term[2] || own;
      END IF;
      term[3] := CASE WHEN alternative.kinds[i] & 4 = 0 THEN term[1]
                      ELSE phraseto_tsquery(config, array_to_string(words, ' ')) END;
      IF alternative.kinds[i] & 2 <> 0 THEN
        branch[4] := branch[4] || term[3];
      ELSE
        branch[1] := branch[1] && term[3];
        branch[2] := branch[2] && term[1];
        branch[3] := branch[3] && term[2];
        all_words := all_words || words;
      END IF;
    END LOOP;
    IF numnode(branch[2]) = 0 THEN  -- "the who"
      branch[1:3] := ARRAY[branch[5], branch[5], branch[5]];
    END IF;
    CONTINUE WHEN numnode(branch[2]) = 0;  -- nothing but what is excluded
    wide := wide || branch[2];
    matching := matching || CASE WHEN numnode(branch[4]) = 0 THEN branch[1] ELSE branch[1] && !!branch[4] END;
    named := named || branch[3];
  END LOOP;
  IF cardinality(all_words) > 0 THEN
    exact := ('''=' || left(array_to_string(all_words, ' '), 200) || '''')::tsquery
      || ('''=' || left(array_to_string(all_words, ''), 200) || '''')::tsquery;
  END IF;
END
$$;

-- Wherever the two extensions are.
DO $do$
DECLARE
  path CONSTANT text := (
    SELECT quote_ident(current_schema()) || string_agg(DISTINCT ', ' || quote_ident(n.nspname), '') || ', pg_temp'
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname IN ('unaccent', 'pg_trgm'));
BEGIN
  EXECUTE 'ALTER FUNCTION search_text(text, boolean) SET search_path = ' || path;
  EXECUTE 'ALTER FUNCTION search_like(text) SET search_path = ' || path;
END
$do$;

-- Indexes the products that are not, or in another language, in transactions of a thousand. May be called again
-- after it was interrupted.
CREATE OR REPLACE PROCEDURE index_products() LANGUAGE plpgsql AS $$
DECLARE
  last uuid;
BEGIN
  LOOP
    SELECT indexed_to INTO last FROM search_settings FOR UPDATE;
    EXIT WHEN last IS NULL;
    WITH batch AS (
      SELECT id FROM products WHERE id > last ORDER BY id LIMIT 1000 FOR NO KEY UPDATE
    ), indexed AS (
      UPDATE products p SET search = NULL FROM batch WHERE p.id = batch.id
    )
    UPDATE search_settings SET indexed_to = (SELECT id FROM batch ORDER BY id DESC LIMIT 1);
    COMMIT;
  END LOOP;
END
$$;
CALL index_products();

-- The RFC's index for searches, of the vector that is stored now instead of one that is made for each look. Its
-- list of pending entries, which each search reads, is kept short.
DO $do$
BEGIN
  IF EXISTS (SELECT FROM pg_index WHERE indexrelid = to_regclass('idx_products_search') AND indexprs IS NOT NULL) THEN
    ALTER INDEX idx_products_search RENAME TO idx_products_search_by_expression;
  END IF;
END
$do$;
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_products_search
  ON products USING gin (search) WITH (gin_pending_list_limit = 256);
DROP INDEX CONCURRENTLY IF EXISTS idx_products_search_by_expression;
