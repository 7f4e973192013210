//! The functions that are known to only read.
//!
//! PostgreSQL's are those that its release 15 declares immutable or stable, without what only the server itself calls and
//! without `pg_current_xact_id`, which takes a number; with volatile ones that change nothing (`random()`, `pg_sleep()`),
//! those of later releases, of types (`varchar(10)`), and a few of the extensions that come with the server. MySQL's are
//! those of the 8.4 Reference Manual, chapter 14, without those in [`super::functions`].

/// PostgreSQL's, in alphabetical order.
pub(super) const POSTGRESQL: &str = "\
    abbrev abs acldefault aclexplode acos acosd acosh age any_value area array_agg array_append array_cat array_dims \
    array_fill array_length array_lower array_ndims array_position array_positions array_prepend array_remove \
    array_replace array_reverse array_sample array_shuffle array_sort array_to_json array_to_string \
    array_to_tsvector array_upper ascii asind asinh atan atan2 atan2d atand atanh avg bit bit_and bit_count \
    bit_length bit_or bit_xor bool bool_and bool_or box bpchar broadcast btrim bytea cardinality casefold cast cbrt \
    ceil ceiling center char char_length character character_length chr circle clock_timestamp coalesce \
    col_description collation concat concat_ws convert convert_from convert_to corr cos cosd cosh cot cotd count \
    covar_pop covar_samp crc32 crc32c crypt cume_dist current_catalog current_database current_role current_schema \
    current_schemas current_setting current_time current_timestamp current_user date date_add date_part \
    date_subtract date_trunc datemultirange daterange dec decimal decode degrees dense_rank diagonal diameter digest \
    div double encode enum_first enum_last enum_range erf erfc every exp extract factorial family first_value float4 \
    float8 floor format format_type gamma gcd gen_random_uuid generate_series generate_subscripts get_bit get_byte \
    get_current_ts_config getdatabaseencoding getpgusername greatest grouping has_any_column_privilege \
    has_column_privilege has_database_privilege has_foreign_data_wrapper_privilege has_function_privilege \
    has_language_privilege has_parameter_privilege has_schema_privilege has_sequence_privilege has_server_privilege \
    has_table_privilege has_tablespace_privilege has_type_privilege hashtext height hmac host hostmask \
    inet_client_addr inet_client_port inet_server_addr inet_server_port initcap int2 int4 int4multirange int4range \
    int8 int8multirange int8range interval is_normalized isclosed isempty isfinite ishorizontal isopen isparallel \
    isperp isvertical json json_agg json_array json_array_elements json_array_elements_text json_array_length \
    json_arrayagg json_build_array json_build_object json_each json_each_text json_exists json_extract_path \
    json_extract_path_text json_object json_object_agg json_object_keys json_objectagg json_populate_record \
    json_populate_recordset json_query json_scalar json_serialize json_strip_nulls json_table json_to_record \
    json_to_recordset json_to_tsvector json_typeof json_value jsonb jsonb_agg jsonb_array_elements \
    jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_contains jsonb_each \
    jsonb_each_text jsonb_exists jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object \
    jsonb_object_agg jsonb_object_keys jsonb_path_exists jsonb_path_exists_tz jsonb_path_match jsonb_path_match_tz \
    jsonb_path_query jsonb_path_query_array jsonb_path_query_array_tz jsonb_path_query_first \
    jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_pretty \
    jsonb_set jsonb_set_lax jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_to_tsvector jsonb_typeof \
    justify_days justify_hours justify_interval lag last_value lcm lead least left length lgamma line ln localtime \
    localtimestamp log log10 lower lower_inc lower_inf lpad lseg ltrim make_date make_interval make_time \
    make_timestamp make_timestamptz masklen max md5 min min_scale mod mode multirange mxid_age name netmask network \
    normalize now npoints nth_value ntile nullif num_nonnulls num_nulls numeric nummultirange numnode numrange \
    obj_description octet_length overlaps overlay parse_ident percent_rank percentile_cont percentile_disc \
    pg_available_extension_versions pg_available_extensions pg_char_to_encoding pg_client_encoding \
    pg_collation_actual_version pg_collation_for pg_collation_is_visible pg_column_compression \
    pg_column_is_updatable pg_column_size pg_conf_load_time pg_config pg_conversion_is_visible pg_current_snapshot \
    pg_database_size pg_describe_object pg_encoding_max_length pg_encoding_to_char pg_extension_update_paths \
    pg_filenode_relation pg_function_is_visible pg_get_catalog_foreign_keys pg_get_constraintdef pg_get_expr \
    pg_get_function_arg_default pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result \
    pg_get_function_sqlbody pg_get_functiondef pg_get_indexdef pg_get_keywords pg_get_object_address \
    pg_get_partition_constraintdef pg_get_partkeydef pg_get_replica_identity_index pg_get_ruledef \
    pg_get_serial_sequence pg_get_statisticsobjdef pg_get_statisticsobjdef_columns \
    pg_get_statisticsobjdef_expressions pg_get_triggerdef pg_get_userbyid pg_get_viewdef \
    pg_get_wal_replay_pause_state pg_has_role pg_identify_object pg_identify_object_as_address \
    pg_index_column_has_property pg_index_has_property pg_indexam_has_property pg_indexes_size pg_is_in_recovery \
    pg_is_other_temp_schema pg_is_wal_replay_paused pg_jit_available pg_last_wal_receive_lsn pg_last_wal_replay_lsn \
    pg_last_xact_replay_timestamp pg_lsn pg_my_temp_schema pg_opclass_is_visible pg_operator_is_visible \
    pg_opfamily_is_visible pg_partition_ancestors pg_partition_root pg_partition_tree pg_postmaster_start_time \
    pg_relation_filenode pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable pg_relation_size \
    pg_sequence_parameters pg_settings_get_flags pg_size_bytes pg_size_pretty pg_sleep pg_sleep_for pg_sleep_until \
    pg_snapshot_xip pg_snapshot_xmax pg_statistics_obj_is_visible pg_table_is_visible pg_table_size \
    pg_tablespace_databases pg_tablespace_location pg_tablespace_size pg_timezone_abbrevs pg_timezone_names \
    pg_total_relation_size pg_ts_config_is_visible pg_ts_dict_is_visible pg_ts_parser_is_visible \
    pg_ts_template_is_visible pg_type_is_visible pg_typeof pg_visible_in_snapshot pg_wal_lsn_diff pg_walfile_name \
    pg_walfile_name_offset pg_xact_commit_timestamp phraseto_tsquery pi plainto_tsquery point polygon position pow \
    power querytree quote_ident quote_literal quote_nullable radians radius random random_normal range_agg \
    range_intersect_agg range_merge rank real regclass regexp_count regexp_instr regexp_like regexp_match \
    regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx regr_avgy \
    regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy repeat replace reverse right round \
    row_number row_security_active row_to_json rpad rtrim scale session_user set_bit set_byte set_masklen setweight \
    sha224 sha256 sha384 sha512 shobj_description sign similarity sind sinh slope split_part sqrt starts_with \
    statement_timestamp stddev stddev_pop stddev_samp string_agg string_to_array string_to_table strip strpos substr \
    substring sum tan tand tanh text time timeofday timestamp timestamptz timetz timezone to_ascii to_bin to_char \
    to_date to_hex to_json to_jsonb to_number to_oct to_regclass to_regcollation to_regnamespace to_regoper \
    to_regoperator to_regproc to_regprocedure to_regrole to_regtype to_timestamp to_tsquery to_tsvector \
    transaction_timestamp translate treat trim trim_array trim_scale trunc ts_debug ts_delete ts_filter ts_headline \
    ts_lexize ts_match_vq ts_parse ts_rank ts_rank_cd ts_token_type tsmultirange tsquery_phrase tsrange \
    tstzmultirange tstzrange tsvector_to_array txid_current_snapshot txid_snapshot_xip txid_snapshot_xmax \
    txid_visible_in_snapshot unaccent unistr unnest upper upper_inc upper_inf uuid uuid_extract_timestamp \
    uuid_extract_version uuid_generate_v1 uuid_generate_v4 uuidv4 uuidv7 var_pop var_samp varbit varchar variance \
    varying version websearch_to_tsquery width width_bucket word_similarity xml_is_well_formed \
    xml_is_well_formed_content xml_is_well_formed_document xmlagg xmlcomment xmlconcat xmlelement xmlexists \
    xmlforest xmlparse xmlpi xmlroot xmlserialize xmltable xmltext xmlvalidate xpath xpath_exists";

/// MySQL's, in alphabetical order.
pub(super) const MYSQL: &str = "\
    abs acos adddate addtime aes_decrypt aes_encrypt any_value ascii asin atan atan2 avg benchmark bin bin_to_uuid \
    binary bit_and bit_count bit_length bit_or bit_xor can_access_column can_access_database can_access_table \
    can_access_view cast ceil ceiling char char_length character character_length charset coalesce coercibility \
    collation compress concat concat_ws conv convert convert_tz cos cot count crc32 cume_dist curdate current_date \
    current_role current_time current_timestamp current_user curtime database date date_add date_format date_sub \
    datediff datetime day dayname dayofmonth dayofweek dayofyear dec decimal default degrees dense_rank des_decrypt \
    distance double elt exp export_set extract extractvalue field find_in_set first_value fixed float floor format \
    format_bytes format_pico_time from_base64 from_days from_unixtime geometrycollection geomfromtext get_format \
    greatest group_concat grouping gtid_subset gtid_subtract hex hour icu_version if ifnull inet6_aton inet6_ntoa \
    inet_aton inet_ntoa insert instr interval is_ipv4 is_ipv4_compat is_ipv4_mapped is_ipv6 is_uuid isnull \
    json_array json_array_append json_array_insert json_arrayagg json_contains json_contains_path json_depth \
    json_extract json_insert json_keys json_length json_merge json_merge_patch json_merge_preserve json_object \
    json_objectagg json_overlaps json_pretty json_quote json_remove json_replace json_schema_valid \
    json_schema_validation_report json_search json_set json_storage_free json_storage_size json_table json_type \
    json_unquote json_valid json_value lag last_day last_value lcase lead least left length linestring ln localtime \
    localtimestamp locate log log10 log2 lower lpad ltrim make_set makedate maketime max mbrcontains mbrcoveredby \
    mbrcovers mbrdisjoint mbrequals mbrintersects mbroverlaps mbrtouches mbrwithin md5 microsecond mid min minute \
    mod month monthname multilinestring multipoint multipolygon name_const nchar now nth_value ntile nullif numeric \
    nvarchar oct octet_length ord percent_rank period_add period_diff pi point polygon position pow power quarter \
    quote radians rand random_bytes rank real regexp_instr regexp_like regexp_replace regexp_substr repeat replace \
    reverse right roles_graphml round row_number rpad rtrim schema sec_to_time second session_user sha sha1 sha2 \
    sign signed sin sleep soundex space sqrt st_area st_asbinary st_asgeojson st_astext st_aswkb st_aswkt st_buffer \
    st_buffer_strategy st_centroid st_collect st_contains st_convexhull st_crosses st_difference st_dimension \
    st_disjoint st_distance st_distance_sphere st_endpoint st_envelope st_equals st_exteriorring st_frechetdistance \
    st_geohash st_geomcollfromtext st_geometryn st_geometrytype st_geomfromgeojson st_geomfromtext st_geomfromwkb \
    st_hausdorffdistance st_interiorringn st_intersection st_intersects st_isclosed st_isempty st_issimple \
    st_isvalid st_latfromgeohash st_latitude st_length st_linefromtext st_linefromwkb st_lineinterpolatepoint \
    st_longfromgeohash st_longitude st_makeenvelope st_numgeometries st_numinteriorring st_numpoints st_overlaps \
    st_pointatdistance st_pointfromgeohash st_pointfromtext st_pointn st_polyfromtext st_simplify st_srid \
    st_startpoint st_swapxy st_symdifference st_touches st_transform st_union st_validate st_within st_x st_y \
    statement_digest statement_digest_text std stddev stddev_pop stddev_samp str_to_date strcmp subdate substr \
    substring substring_index subtime sum sysdate system_user tan time time_format time_to_sec timediff timestamp \
    timestampadd timestampdiff to_base64 to_days to_seconds trim truncate ucase uncompress uncompressed_length unhex \
    unix_timestamp unsigned updatexml upper user utc_date utc_time utc_timestamp uuid uuid_to_bin \
    validate_password_strength values var_pop var_samp varbinary varchar variance version week weekday weekofyear \
    weight_string year yearweek";
