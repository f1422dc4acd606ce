//! Who acts (domain.md 2.7).

vocabulary! {
    /// In which role an act is done (domain.md 2.7).
    ///
    /// A role says for whom one acts, not who sits at the keyboard: a call-taker who records what a
    /// caller asks for acts as `citizen`; a connected platform (对接系统), a rule and the watchdog
    /// act as `system`. `hotline_office` (热线机构) is named by 2.2 in T15, T21 and T30 and is
    /// therefore a role of its own.
    enum Role, "role" {
        Citizen               "citizen"                "诉求人"        "citizen";
        CallTaker             "call_taker"             "话务员/受理员" "call-taker";
        Dispatcher            "dispatcher"             "派单员"        "dispatcher";
        Checker               "checker"                "审核员"        "checker";
        GridWorker            "grid_worker"            "网格员"        "grid worker";
        GridChief             "grid_chief"             "网格长"        "grid chief";
        GridHead              "grid_head"              "总网格长"      "grid head";
        CommunityOfficer      "community_officer"      "八员"          "community officer";
        HandlingUnit          "handling_unit"          "承办单位"      "handling unit";
        CoHandler             "co_handler"             "协办单位"      "co-handler";
        SupervisingDepartment "supervising_department" "主管部门"      "supervising department";
        Convener              "convener"               "会商召集人"    "convener";
        Supervisor            "supervisor"             "督办员"        "supervisor";
        CallbackClerk         "callback_clerk"         "回访员"        "callback clerk";
        Assessor              "assessor"               "考核员"        "assessor";
        HotlineOffice         "hotline_office"         "热线机构"      "hotline office";
        System                "system"                 "系统"          "system";
        Administrator         "administrator"          "管理员"        "administrator";
        Auditor               "auditor"                "审计员"        "auditor";
    }
}
