-- The function of 0046 with a bound on the beginnings of one or two characters: a code of 16 single letters had
-- each of them stand for all words that begin with it, which cost a quarter of a second at 200,000 products.

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
  -- A beginning of one or two characters stands for a large part of all words: few of them bound the work.
  short_beginnings integer := 2;
  begins boolean;
  is_cjk boolean;
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
      begins := alternative.kinds[i] & 8 <> 0 OR widened AND alternative.kinds[i] & 6 = 0;
      FOREACH word IN ARRAY words LOOP
        word := left(word, 200);
        is_cjk := char_length(word) = 1 AND octet_length(word) > 2;  -- one character, so in pairs only
        ending := CASE WHEN is_cjk OR begins AND char_length(word) > 1 THEN ''':*' ELSE '''' END;
        IF ending = ''':*' AND char_length(word) < 3 THEN
          ending := CASE WHEN short_beginnings > 0 THEN ending ELSE '''' END;
          short_beginnings := short_beginnings - 1;
        END IF;
        stem := CASE WHEN is_cjk THEN ('''' || word || ending)::tsquery ELSE plainto_tsquery(config, word) END;
        own := ('''~' || word || ending)::tsquery;
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
        own := ('''~' || word || CASE WHEN begins THEN ''':*' ELSE '''' END)::tsquery;
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
