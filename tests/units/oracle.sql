-- Tables 1 to 9 of the 2020 edition, a second time: plain SQL over the exports that the office hands in.
-- Nothing here is taken from juesuan; amounts are 分 (BIGINT).
--
-- Rules relied on, all of 财会〔2017〕25号第三部分:
--   6001 to 6609 are credited with income, 7101 to 7901 debited with expenditure; both are emptied by the year-end
--   closing entries (是否结转), which are therefore no income and no expenditure.
--   8101, 8102: 财政拨款结转、结余; 8201: 非财政拨款结转; 8401: 经营结余 (a loss is carried on; it stands as a negative).
--   8202, 8301: 非财政拨款结余 and 专用结余, which are not 结转和结余 of table 1: what the closing entries add to them
--   is 结余分配 (所得税、提取的专用结余、转入非财政拨款结余), what they take away is 使用非财政拨款结余.
--   8101, 8102, 8201 are changed in the year by entries that are no closing entries: 年初余额调整, 归集调入, 归集调出,
--   归集上缴, 缴回资金, 单位内部调剂. They change what the year begins with: 年初结转和结余 is the balance after them.
--   (That published forms mean the balance after changes was found in no source: income + opening =
--   expenditure + closing holds no other way.)

CREATE MACRO fen(text) AS CAST(coalesce(nullif(replace(text, ',', ''), ''), '0')::DECIMAL(18, 2) * 100 AS BIGINT);
CREATE MACRO fund_of(word) AS CASE
    WHEN word LIKE '一般公共预算%' THEN 'general'
    WHEN word LIKE '政府性基金%' THEN 'government'
    WHEN word LIKE '国有资本经营预算%' THEN 'capital'
    ELSE 'other' END;

CREATE TABLE line AS SELECT
    "科目编码" AS account, coalesce("功能分类编码", '') AS item, coalesce("部门经济分类编码", '') AS economic,
    fund_of("资金性质") AS fund,
    CASE WHEN "支出类型" LIKE '基本%' THEN 'basic' WHEN "支出类型" LIKE '项目%' THEN 'project' ELSE '' END AS support,
    fen("借方金额") AS debit, fen("贷方金额") AS credit, "是否结转" = '是' AS closing
FROM read_csv(getvariable('folder') || '/ledger/vouchers.csv', header = true, all_varchar = true);

CREATE TABLE leaf AS SELECT
    "科目编码" AS account, coalesce("功能分类编码", '') AS item, fund_of("资金性质") AS fund,
    fen("年初余额") AS opening, fen("年末余额") AS closing
FROM read_csv(getvariable('folder') || '/ledger/trial-balance.csv', header = true, all_varchar = true);

-- Income and expenditure of the year.
CREATE VIEW income AS
    SELECT left(account, 4) AS account, item, fund, credit - debit AS amount
    FROM line WHERE account LIKE '6%' AND NOT closing;
CREATE VIEW spent AS
    SELECT left(account, 4) AS account, item, economic, fund, support, debit - credit AS amount
    FROM line WHERE account LIKE '7%' AND NOT closing;

-- What is carried over: at the year's beginning after changes, and at its end.
CREATE VIEW carried AS
    SELECT left(account, 4) AS account, item, fund, opening AS begun, closing AS ended FROM leaf
    WHERE left(account, 4) IN ('8101', '8102', '8201', '8401')
    UNION ALL
    SELECT left(account, 4), item, fund, credit - debit, 0 FROM line
    WHERE left(account, 4) IN ('8101', '8102', '8201', '8401') AND NOT closing;

-- What the closing entries add to 非财政拨款结余 and 专用结余.
CREATE VIEW shared AS
    SELECT coalesce(sum(credit - debit), 0) AS amount FROM line
    WHERE left(account, 4) IN ('8202', '8301') AND closing;

CREATE TABLE cell (id VARCHAR, amount BIGINT);

-- Table 1, income side. 6501, 6601, 6602, 6609 have no row of their own: 其他收入.
CREATE TABLE source (row_1 INTEGER, column_2 INTEGER, account VARCHAR);
INSERT INTO source VALUES
    (4, 3, '6201'), (5, 4, '6101'), (6, 5, '6401'), (7, 6, '6301'),
    (8, 7, '6501'), (8, 7, '6601'), (8, 7, '6602'), (8, 7, '6609');
CREATE TABLE appropriation (row_1 INTEGER, row_4 INTEGER, column_4 INTEGER, fund VARCHAR);
INSERT INTO appropriation VALUES (1, 29, 3, 'general'), (2, 30, 4, 'government'), (3, 31, 5, 'capital');

INSERT INTO cell SELECT 't1.' || row_1 || '.1', coalesce(sum(amount), 0)
    FROM appropriation LEFT JOIN income ON income.fund = appropriation.fund AND account = '6001' GROUP BY row_1;
INSERT INTO cell SELECT 't1.' || row_1 || '.1', coalesce(sum(amount), 0)
    FROM source LEFT JOIN income USING (account) GROUP BY row_1;
INSERT INTO cell SELECT 't1.27.1', coalesce(sum(amount), 0) FROM income;
INSERT INTO cell SELECT 't1.28.1', greatest(0, -amount) FROM shared;
INSERT INTO cell SELECT 't1.29.1', coalesce(sum(begun), 0) FROM carried;
INSERT INTO cell SELECT 't1.30.1', sum(amount) FROM cell WHERE id IN ('t1.27.1', 't1.28.1', 't1.29.1');

-- Table 1, expenditure side, and table 4, both by 类 in the order of the forms.
CREATE TABLE class (position INTEGER, code VARCHAR);
INSERT INTO class SELECT generate_subscripts(codes, 1) - 1, unnest(codes) FROM (SELECT [
    '201', '202', '203', '204', '205', '206', '207', '208', '210', '211', '212', '213', '214', '215', '216', '217',
    '219', '220', '221', '222', '223', '224', '229', '231', '232', '234'] AS codes);

INSERT INTO cell SELECT 't1.' || 31 + position || '.2', coalesce(sum(amount), 0)
    FROM class LEFT JOIN spent ON left(item, 3) = code GROUP BY position;
INSERT INTO cell SELECT 't1.57.2', coalesce(sum(amount), 0) FROM spent;
INSERT INTO cell SELECT 't1.58.2', greatest(0, amount) FROM shared;
INSERT INTO cell SELECT 't1.59.2', coalesce(sum(ended), 0) FROM carried;
INSERT INTO cell SELECT 't1.60.2', sum(amount) FROM cell WHERE id IN ('t1.57.2', 't1.58.2', 't1.59.2');

-- Tables 2, 3, 5, 8, 9: a row for each 类, 款 and 项, and 合计. `facet` is one amount in one column of one table.
CREATE VIEW facet AS
    SELECT 2 AS form, 1 AS col, item, amount FROM income
    UNION ALL SELECT 2, 2, item, amount FROM income WHERE account = '6001'
    UNION ALL SELECT 2, column_2, item, amount FROM income JOIN source USING (account)
    -- 3: 经营支出, 上缴上级支出 and 对附属单位补助支出 have columns of their own, whatever their 支出类型.
    UNION ALL SELECT 3, 1, item, amount FROM spent
    UNION ALL SELECT 3, CASE account WHEN '7401' THEN 4 WHEN '7301' THEN 5 WHEN '7501' THEN 6
                        ELSE CASE support WHEN 'basic' THEN 2 WHEN 'project' THEN 3 END END, item, amount FROM spent
    UNION ALL SELECT 5, 1, item, amount FROM spent WHERE fund = 'general'
    UNION ALL SELECT 5, CASE support WHEN 'basic' THEN 2 WHEN 'project' THEN 3 END, item, amount FROM spent WHERE fund = 'general'
    UNION ALL SELECT 8, 1, item, begun FROM carried WHERE fund = 'government' AND account IN ('8101', '8102')
    UNION ALL SELECT 8, 2, item, amount FROM income WHERE fund = 'government'
    UNION ALL SELECT 8, 3, item, amount FROM spent WHERE fund = 'government'
    UNION ALL SELECT 8, CASE support WHEN 'basic' THEN 4 WHEN 'project' THEN 5 END, item, amount FROM spent WHERE fund = 'government'
    UNION ALL SELECT 8, 6, item, ended FROM carried WHERE fund = 'government' AND account IN ('8101', '8102')
    UNION ALL SELECT 9, 1, item, amount FROM spent WHERE fund = 'capital'
    UNION ALL SELECT 9, CASE support WHEN 'basic' THEN 2 WHEN 'project' THEN 3 END, item, amount FROM spent WHERE fund = 'capital';
CREATE TABLE form_column (form INTEGER, col INTEGER);
INSERT INTO form_column SELECT 2, unnest(range(1, 8)) UNION ALL SELECT 3, unnest(range(1, 7))
    UNION ALL SELECT 5, unnest(range(1, 4)) UNION ALL SELECT 8, unnest(range(1, 7))
    UNION ALL SELECT 9, unnest(range(1, 4));
CREATE VIEW subject AS
    SELECT DISTINCT form, left(item, length) AS code FROM facet, (SELECT unnest([3, 5, 7]) AS length) WHERE item <> '';

INSERT INTO cell SELECT 't' || form || '.total.' || col, coalesce(sum(amount), 0)
    FROM form_column LEFT JOIN facet USING (form, col) GROUP BY form, col;
INSERT INTO cell SELECT 't' || s.form || '.' || s.code || '.' || c.col,
        coalesce((SELECT sum(amount) FROM facet f
                  WHERE f.form = s.form AND f.col = c.col AND starts_with(f.item, s.code)), 0)
    FROM subject s JOIN form_column c USING (form);

-- Table 4: appropriations by fund. Non-appropriation money has no place in it.
INSERT INTO cell SELECT 't4.' || row_1 || '.1', coalesce(sum(amount), 0)
    FROM appropriation LEFT JOIN income ON income.fund = appropriation.fund AND account = '6001' GROUP BY row_1;
INSERT INTO cell SELECT 't4.27.1', coalesce(sum(amount), 0) FROM income WHERE account = '6001';
INSERT INTO cell SELECT 't4.' || row_4 || '.1', coalesce(sum(begun), 0)
    FROM appropriation LEFT JOIN carried ON carried.fund = appropriation.fund AND account IN ('8101', '8102')
    GROUP BY row_4;
INSERT INTO cell SELECT 't4.28.1', sum(amount) FROM cell WHERE id IN ('t4.29.1', 't4.30.1', 't4.31.1');
INSERT INTO cell SELECT 't4.32.1', sum(amount) FROM cell WHERE id IN ('t4.27.1', 't4.28.1');
CREATE VIEW by_fund AS
    SELECT column_4 AS col, fund FROM appropriation UNION ALL SELECT 2, fund FROM appropriation;
INSERT INTO cell SELECT 't4.' || 33 + position || '.' || col, coalesce(sum(amount), 0)
    FROM class CROSS JOIN by_fund LEFT JOIN spent ON left(item, 3) = code AND spent.fund = by_fund.fund
    GROUP BY position, col;
INSERT INTO cell SELECT 't4.59.' || col, coalesce(sum(amount), 0)
    FROM by_fund LEFT JOIN spent USING (fund) GROUP BY col;
INSERT INTO cell SELECT 't4.60.' || col, coalesce(sum(ended), 0)
    FROM by_fund LEFT JOIN carried ON carried.fund = by_fund.fund AND account IN ('8101', '8102') GROUP BY col;
INSERT INTO cell SELECT 't4.64.' || right(id, 1), sum(amount) FROM cell
    WHERE id LIKE 't4.59._' OR id LIKE 't4.60._' GROUP BY right(id, 1);

-- Table 6: basic expenditure of the general public budget by economic item, and its two halves.
CREATE TABLE economic (code VARCHAR);
INSERT INTO economic SELECT unnest([
    '301', '30101', '30102', '30103', '30106', '30107', '30108', '30109', '30110', '30111', '30112', '30113', '30114',
    '30199', '303', '30301', '30302', '30303', '30304', '30305', '30306', '30307', '30308', '30309', '30310', '30311',
    '30399', '302', '30201', '30202', '30203', '30204', '30205', '30206', '30207', '30208', '30209', '30211', '30212',
    '30213', '30214', '30215', '30216', '30217', '30218', '30224', '30225', '30226', '30227', '30228', '30229',
    '30231', '30239', '30240', '30299', '307', '30701', '30703', '310', '31002', '31003', '31007', '31013', '31019',
    '31021', '31022', '31099', '312', '31204', '31299', '399', '39908']);
CREATE VIEW basic AS SELECT economic, amount FROM spent WHERE fund = 'general' AND support = 'basic';
INSERT INTO cell SELECT 't6.' || code || '.amount', coalesce(sum(amount), 0)
    FROM economic LEFT JOIN basic ON starts_with(basic.economic, code) GROUP BY code;
INSERT INTO cell SELECT 't6.personnel.amount', coalesce(sum(amount), 0) FROM basic
    WHERE left(economic, 3) IN ('301', '303');
INSERT INTO cell SELECT 't6.operating.amount', coalesce(sum(amount), 0) FROM basic
    WHERE left(economic, 3) NOT IN ('301', '303');

-- Table 7: “三公” of the general public budget, basic and project together; the budget is the office's own file.
CREATE TABLE three_public (key VARCHAR, economic VARCHAR, budget_column INTEGER, spent_column INTEGER);
INSERT INTO three_public VALUES
    ('abroad', '30212', 2, 8), ('vehicle_purchase', '31013', 4, 10), ('vehicle_running', '30231', 5, 11),
    ('reception', '30217', 6, 12);
INSERT INTO cell SELECT 't7.total.' || spent_column, coalesce(sum(amount), 0)
    FROM three_public LEFT JOIN spent ON spent.economic = three_public.economic AND fund = 'general'
    GROUP BY spent_column;
INSERT INTO cell SELECT 't7.total.' || budget_column, coalesce(sum(fen(budget."年初预算")), 0)
    FROM three_public LEFT JOIN budget ON budget."键" = three_public.key GROUP BY budget_column;
INSERT INTO cell SELECT 't7.total.9', sum(amount) FROM cell WHERE id IN ('t7.total.10', 't7.total.11');
INSERT INTO cell SELECT 't7.total.3', sum(amount) FROM cell WHERE id IN ('t7.total.4', 't7.total.5');
INSERT INTO cell SELECT 't7.total.7', sum(amount) FROM cell WHERE id IN ('t7.total.8', 't7.total.9', 't7.total.12');
INSERT INTO cell SELECT 't7.total.1', sum(amount) FROM cell WHERE id IN ('t7.total.2', 't7.total.3', 't7.total.6');
