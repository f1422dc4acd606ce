//! One invented text or a few per kind of rule, and what holds for every text.

#![expect(clippy::expect_used, reason = "helpers of tests")]

use std::collections::HashSet;

use classification::{Classifier, Report, RuleTexts, Verdict};
use contracts::{
    district::{District, TAXONOMY},
    id::DivisionCode,
    ticket::{Class, Nature},
};
use proptest::prelude::*;

fn classify(text: &str) -> Verdict {
    thread_local!(static CLASSIFIER: Classifier = Classifier::sample());
    CLASSIFIER.with(|c| c.classify(&Report::of_text(text)))
}

fn classify_at(text: &str, place: &str) -> Verdict {
    let place: DivisionCode = place.parse().expect("a code");
    Classifier::sample().classify(&Report { division: Some(&place), ..Report::of_text(text) })
}

fn place(v: &Verdict) -> Option<&str> {
    v.division.as_ref().map(DivisionCode::as_str)
}

fn why(v: &Verdict) -> String {
    v.reasons.concat()
}

#[test]
fn words_lead_to_the_category_and_its_department_and_are_named() {
    for (text, category, lead) in [
        ("巷口的餐馆把油烟直接排到我家窗户", "0106", "D02"),
        ("老板拖欠工资三个月，工地上没人管", "1101", "D06"),
        ("小区停水了，自来水公司电话没人接", "0401", "D26"),
        ("村里的低保评定不公平，我家困难没评上", "1001", "D07"),
        ("公交车经常甩站，末班车提前十分钟就开走，要求公交公司整改", "0504", "D34"),
        ("楼下有人给电动车飞线充电", "1402", "D17"),
    ] {
        let v = classify(text);
        assert_eq!((v.category.as_str(), v.lead.as_str()), (category, lead), "{text}: {:?}", v.reasons);
    }
    let v = classify("巷口的餐馆把油烟直接排到我家窗户");
    assert!(v.reasons[0].contains("“油烟”") && v.reasons[0].contains("餐饮油烟"), "{:?}", v.reasons);
    assert_eq!(v.l1, "01");
}

#[test]
fn a_word_inside_a_longer_one_does_not_count() {
    // 收费 speaks for prices, but not inside 停车收费
    assert_eq!(classify("停车收费太乱").category, "0502");
}

#[test]
fn a_text_with_two_full_matters_names_both() {
    let v = classify("饭店油烟直排，烟道对着窗户；夜里店外烧烤摊占道经营，摊位占了整条人行道");
    let both: HashSet<_> = v.also.iter().chain([&v.category]).map(String::as_str).collect();
    assert!(both.is_superset(&HashSet::from(["0103", "0106"])), "{v:?}");
}

#[test]
fn a_question_or_a_finished_matter_is_simple_and_stays_in_the_grid() {
    for text in ["请问医保异地就医怎么办理", "楼道杂物已清理，住户无异议", "给社区的小李点个赞"]
    {
        let v = classify(text);
        assert_eq!((v.class, v.lead.as_str(), v.others.len()), (Class::Simple, "GRID", 0), "{text}");
    }
}

#[test]
fn a_matter_of_many_parties_and_years_is_key_difficult_with_the_town() {
    let v = classify(
        "我们小区门口的路是历史遗留问题，修了又坏，坑洼八年。找城管，城管说归住建；找住建，住建说产权没移交；两家互相推诿，\
         三百多户业主联名反映过五次。请求几个部门会商，明确由谁牵头、什么时候修。",
    );
    assert_eq!(v.class, Class::KeyDifficult);
    assert!(v.others.iter().any(|u| u == "TOWN"), "{v:?}");
    assert!(why(&v).contains("互相推诿"));
}

#[test]
fn the_class_of_the_source_is_followed() {
    let report = Report { class: Some(Class::KeyDifficult), ..Report::of_text("路灯不亮") };
    let v = Classifier::sample().classify(&report);
    assert_eq!((v.class, v.lead.as_str()), (Class::KeyDifficult, "D02"));
    assert!(why(&v).contains("来源已定"));
}

#[test]
fn danger_now_is_urgent_and_danger_past_is_not() {
    for text in [
        "有人要跳楼，快来",
        "厨房有煤气味，阀门关不上",
        "放学路上井盖被偷了",
        "我爷爷走失了，穿蓝色外套",
        "配电箱着火了",
        "电梯困人，里面有小孩",
    ] {
        assert!(classify(text).urgent, "{text}");
    }
    for text in ["请问燃气怎么开户", "路灯不亮", "去年仓库起火的赔偿还没给", "消防演练讲座，讲如何处置着火"]
    {
        assert!(!classify(text).urgent, "{text}");
    }
}

#[test]
fn words_can_change_the_lead_inside_a_category() {
    let thrown = classify("有人从楼上扔啤酒瓶，高空抛物");
    assert_eq!((thrown.category.as_str(), thrown.lead.as_str()), ("1406", "D01"));
    let sign = classify("店铺广告牌快掉下来了，风一吹就晃，外墙脱落");
    assert_eq!((sign.category.as_str(), sign.lead.as_str()), ("1406", "D02"));
    let slope = classify("屋后山体滑坡，泥土滑到墙边");
    assert_eq!((slope.category.as_str(), slope.lead.as_str()), ("1405", "D15"));
}

#[test]
fn nature_comes_from_the_category() {
    assert_eq!(classify("高龄津贴没到账").nature, Nature::Rights);
    assert_eq!(classify("路灯不亮").nature, Nature::Service);
}

#[test]
fn places_are_read_with_and_without_what_they_are() {
    for (text, code) in [
        ("桃树下社区路灯不亮", "360802001001"),
        ("桃树下居委会门口路灯不亮", "360802001001"),
        ("桃树下那边路灯不亮", "360802001001"),
        ("古南街道办对面路灯不亮", "360802001000"),
        ("钓源村委会门口的路灯不亮", "360802100200"),
        ("兴桥镇路灯不亮", "360802100000"),
        ("兴桥那边路灯不亮", "360802100000"),
        ("吉州区兴桥镇湖田村路灯不亮", "360802100203"),
        ("白塘街道五里，路灯不亮", "360802006004"),
    ] {
        assert_eq!(place(&classify(text)), Some(code), "{text}");
    }
    // everyday words and roads are no places
    for text in ["岔路口的路灯不亮", "广场上路灯不亮", "曲濑路的路灯不亮", "小区北门的路灯不亮"] {
        assert_eq!(place(&classify(text)), None, "{text}");
    }
}

#[test]
fn service_goes_by_the_event_and_rights_by_household_registration() {
    let two = "我户籍在樟山镇官陇村，现住古南街道桃树下社区，";
    assert_eq!(place(&classify(&format!("{two}高龄津贴没发"))), Some("360802101203"));
    assert_eq!(place(&classify(&format!("{two}路灯不亮"))), Some("360802001001"));
    let v = classify("我户口在樟山镇，家门口路灯不亮");
    assert_eq!(place(&v), None);
    assert!(why(&v).contains("只写了户籍地"), "{:?}", v.reasons);
    let v = classify("户口不在桃树下社区，老家在曲濑镇，低保怎么申请");
    assert_eq!(place(&v), Some("360802103000"), "{:?}", v.reasons);
}

#[test]
fn a_name_of_two_places_is_settled_by_its_street_or_asked_about() {
    let open = classify("北门社区的路灯不亮");
    assert_eq!(place(&open), None);
    assert!(why(&open).contains("北门街道北门社区") && why(&open).contains("白塘街道北门社区"), "{:?}", open.reasons);
    assert_eq!(open.mentions[0].codes.len(), 2);
    assert_eq!(place(&classify("白塘街道北门社区的路灯不亮")), Some("360802006009"));
    assert_eq!(place(&classify("我在北门街道，北门社区的路灯不亮")), Some("360802005005"));
    assert_eq!(place(&classify_at("北门社区的路灯不亮", "360802006000")), Some("360802006009"));
}

/// 白塘街道北门社区 is in the reporter's record, by itself or by its street: asked about first, and still asked.
#[test]
fn the_reporters_record_says_what_to_ask_first_and_decides_nothing() {
    let reason = |text: &str, lately: &[&str]| {
        let lately: Vec<DivisionCode> = lately.iter().map(|c| c.parse().expect("a code")).collect();
        let v = Classifier::sample().classify(&Report { lately: &lately, ..Report::of_text(text) });
        assert_eq!(place(&v), None, "{:?}", v.reasons);
        why(&v)
    };
    let lamp = "北门社区的路灯不亮";
    let asked = "可能是白塘街道北门社区（诉求人近一年反映过此地的问题）或北门街道北门社区，";
    for record in [&["360802006009"][..], &["360802006000"], &["360802001001", "360802006009", "360802000000"]] {
        assert!(reason(lamp, record).contains(asked), "{record:?}: {}", reason(lamp, record));
    }
    // both readings, none, or what is nowhere: no order is better than another
    let as_ever = reason(lamp, &[]);
    for record in [&["360802006009", "360802005005"][..], &["360802001001"], &["360802000000"], &["999999999999"]] {
        assert_eq!(reason(lamp, record), as_ever, "{record:?}");
    }
    let nowhere = reason("楼道里堆了几个纸箱", &["360802006009", "360802001000"]);
    assert!(nowhere.contains("诉求人近一年反映过白塘街道北门社区、古南街道的问题"), "{nowhere}");
}

#[test]
fn the_place_of_the_source_counts_where_the_text_names_none_or_a_wider_one() {
    assert_eq!(place(&classify_at("路灯不亮", "360802001001")), Some("360802001001"));
    assert_eq!(place(&classify_at("古南街道路灯不亮", "360802001001")), Some("360802001001"));
    assert_eq!(place(&classify_at("兴桥镇路灯不亮", "360802001001")), Some("360802100000"));
    // a place outside the district is no place here
    assert_eq!(place(&classify_at("路灯不亮", "110101001001")), None);
}

#[test]
fn what_says_nothing_goes_to_a_person_with_the_best_choices() {
    for text in ["", " \n", "嗯", "𠮷𡃁", "asdf", "\u{0}\u{feff}"] {
        let v = classify(text);
        assert!(v.needs_person && !v.urgent && v.choices.len() == 3, "{text:?}: {v:?}");
        assert!(why(&v).contains("请人工在"), "{:?}", v.reasons);
    }
    assert_eq!(classify("").category, "1604");
    let clear = classify("小区停水了，自来水公司电话没人接");
    assert!(!clear.needs_person && clear.confidence > 0.5, "{clear:?}");
}

#[test]
fn spelling_and_characters_do_not_change_the_matter() {
    for text in ["路口井盖不见了", "路口井該不見了", "路口井该冇得哩", "路口 井盖 不见了"] {
        assert_eq!(classify(text).category, "0202", "{text}");
    }
    assert_eq!(classify("wy乱收费，电梯广告钱也不公布").l1, "03");
    let v = classify("古南街道桃樹下社區路燈不亮");
    assert_eq!((place(&v), v.mentions[1].name.as_str()), (Some("360802001001"), "桃樹下社區"));
}

#[test]
fn every_division_is_found_by_its_own_name_under_its_town() {
    let district = District::sample();
    for d in district.divisions().iter().filter(|d| d.parent.is_some()) {
        let town = district.town_of(&d.code).expect("a town");
        let own = if town.code == d.code { "" } else { d.name.as_str() };
        let v = classify(&format!("{}{own}，路灯不亮", town.name));
        assert_eq!(v.division.as_ref(), Some(&d.code), "{} {own}: {:?}", town.name, v.reasons);
    }
}

#[test]
fn the_version_follows_the_data_and_broken_rules_are_refused() {
    const MODEL: &[u8] = include_bytes!("../model/jizhou.model");
    let read = |texts: &RuleTexts<'_>| Classifier::read(TAXONOMY, District::sample(), texts, MODEL);
    let shipped = RuleTexts::SHIPPED;
    let one = read(&shipped).expect("shipped rules");
    assert_eq!(one.version(), Classifier::sample().version());
    let more = format!("{}\nurgent,6,新词\n", shipped.cues.trim_end());
    assert_ne!(read(&RuleTexts { cues: &more, ..shipped }).expect("more rules").version(), one.version());

    let refused = |texts: RuleTexts<'_>| read(&texts).expect_err("broken rules").to_string();
    let head = "code,name,6\n";
    let unknown = refused(RuleTexts { keywords: &format!("{head}9999,无,词\n"), ..shipped });
    assert!(unknown.contains("keywords.csv") && unknown.contains("9999"), "{unknown}");
    let renamed = refused(RuleTexts { keywords: &format!("{head}0101,垃圾,词\n"), ..shipped });
    assert!(renamed.contains("0101"), "{renamed}");
    let lead = refused(RuleTexts { leads: "category,words,lead,others,why\n0101,词,D99,,因\n", ..shipped });
    assert!(lead.contains("D99"), "{lead}");
    let cue = refused(RuleTexts { cues: "kind,weight,words\nloud,6,词\n", ..shipped });
    assert!(cue.contains("cues.csv"), "{cue}");
    let plus = refused(RuleTexts { cues: "kind,weight,words\nurgent,6,+\n", ..shipped });
    assert!(plus.contains("no word"), "{plus}");

    let model = |file: &[u8]| Classifier::read(TAXONOMY, District::sample(), &shipped, file).expect_err("no model").to_string();
    assert!(model(b"").contains("too early") && model(b"GLMODEL0").contains("not a model"));
    assert!(model(&MODEL[..MODEL.len() - 1]).contains("too early"));
}

fn holds_for_every_text(classifier: &Classifier, report: &Report<'_>) {
    let v = classifier.classify(report);
    let (taxonomy, district) = (classifier.taxonomy(), District::sample());
    let category = taxonomy.category(&v.category).expect("a category of the taxonomy");
    assert_eq!((&category.name, &category.l1, category.nature), (&v.category_name, &v.l1, v.nature));
    assert!(v.also.iter().all(|c| *c != v.category && taxonomy.category(c).is_some()));
    for unit in v.others.iter().chain([&v.lead]) {
        assert!(taxonomy.department(unit).is_some(), "{unit}");
        assert!(district.resolve(unit, v.division.as_ref()).is_some(), "{unit}");
    }
    assert!(!v.others.contains(&v.lead));
    assert!(v.division.iter().chain(v.mentions.iter().flat_map(|m| &m.codes)).all(|d| district.division(d).is_some()));
    assert!(v.mentions.iter().all(|m| report.text.contains(&m.name) && !m.codes.is_empty()));
    assert!(v.reasons.iter().all(|r| !r.is_empty()) && v.reasons.len() >= 3);
    assert_eq!(v, classifier.classify(report), "the same report gets the same verdict");
}

/// Texts out of the words of the rules and places, where most branches lie.
fn wordy() -> impl Strategy<Value = String> {
    let shipped = RuleTexts::SHIPPED;
    let mut words: Vec<String> = [shipped.keywords, shipped.cues, shipped.places]
        .iter()
        .flat_map(|t| t.split(|c: char| c.is_whitespace() || ",+\"".contains(c)))
        .filter(|w| !w.is_empty())
        .map(str::to_owned)
        .collect();
    words.extend(District::sample().divisions().iter().flat_map(|d| [d.name.clone(), d.short_name.clone()]));
    words.extend(["，", "。", "路", "路口", "人，", "é", "𠮷"].map(str::to_owned));
    proptest::collection::vec(proptest::sample::select(words), 0..60).prop_map(|w| w.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn every_text_gets_a_verdict_that_exists(
        text in prop_oneof![any::<String>(), wordy()],
        given in proptest::option::of(proptest::sample::select(District::sample().divisions().iter().map(|d| d.code.clone()).collect::<Vec<_>>())),
        class in proptest::option::of(proptest::sample::select(Class::ALL.to_vec())),
    ) {
        thread_local!(static CLASSIFIER: Classifier = Classifier::sample());
        CLASSIFIER.with(|c| holds_for_every_text(c, &Report { division: given.as_ref(), class, ..Report::of_text(&text) }));
    }
}

#[test]
fn long_texts_are_safe() {
    let classifier = Classifier::sample();
    for piece in ["户口在兴桥镇丁塘村，", "北门社区", "电梯困人", "啊", "𠮷", "a"] {
        let text: String = piece.chars().cycle().take(5000).collect();
        holds_for_every_text(&classifier, &Report::of_text(&text));
    }
}

#[test]
fn reasons_name_whole_words_of_the_text_each_once() {
    for (text, word) in [
        ("小区后门那条路的路灯坏了半个月，晚上黑漆漆的，还有垃圾没人清运", "路灯"),
        ("电梯卡在五楼，里面关着一个孩子在哭，按铃没有人应", "电梯"),
        ("厂里拖欠工资三个月，老板电话关机", "工资"),
    ] {
        let v = classify(text);
        let named: Vec<&str> = v.reasons[0].split('“').skip(1).filter_map(|r| r.split_once('”')).map(|(w, _)| w).collect();
        let words = &named[..named.len() - 1];
        assert!(words.iter().any(|w| w.contains(word)), "{:?}", v.reasons);
        for (i, w) in words.iter().enumerate() {
            assert!(text.contains(w) && w.chars().count() > 1, "{w}: {:?}", v.reasons);
            assert!(words.iter().enumerate().all(|(j, o)| i == j || !o.contains(w)), "{w}: {:?}", v.reasons);
        }
    }
    let blood = classify("血压计两次量差四十，商家不肯退");
    assert!(!blood.urgent && !why(&blood).contains("“血”"), "{:?}", blood.reasons);
    let trapped = classify("电梯卡在五楼，里面关着一个孩子在哭，按铃没有人应");
    assert!(trapped.urgent && trapped.reasons.iter().any(|r| r.starts_with("文中提到“") && r.contains("紧急件")), "{trapped:?}");
}
