"""Words to begin with, in the three languages of replies: the operator changes them (S5)."""

from typing import Any

from django.db import migrations

ENGLISH, CHINESE, KOREAN = "en", "zh-hans", "ko"

TEMPLATES = {
    "Refund approved": {
        ENGLISH: (
            "Hello {{ contact_name }},\n\n"
            "We have approved request {{ number }}. {{ product }} of order {{ order }} for {{ customer }} is cancelled, "
            "and {{ credit }} is credited on your {{ invoice_month }} invoice.\n\n"
            "Please see to it that the software is uninstalled and that downloads and keys are deleted.\n\n"
            "Kind regards\n{{ agent }}"
        ),
        CHINESE: (
            "{{ contact_name }}，您好：\n\n"
            "请求 {{ number }} 已批准。客户 {{ customer }} 的订单 {{ order }} 中的 {{ product }} 已取消，"
            "{{ credit }} 的退款额度将计入您 {{ invoice_month }} 的发票。\n\n"
            "请确保相关软件已卸载，下载文件和密钥已删除。\n\n"
            "此致\n{{ agent }}"
        ),
        KOREAN: (
            "{{ contact_name }} 님, 안녕하세요.\n\n"
            "요청 {{ number }}이(가) 승인되었습니다. 고객 {{ customer }}의 주문 {{ order }}에 포함된 {{ product }}이(가) "
            "취소되었으며, {{ credit }}이(가) {{ invoice_month }} 청구서에 크레딧으로 반영됩니다.\n\n"
            "해당 소프트웨어를 제거하고 다운로드한 파일과 키를 삭제해 주시기 바랍니다.\n\n"
            "감사합니다.\n{{ agent }} 드림"
        ),
    },
    "Refund denied": {
        ENGLISH: (
            "Hello {{ contact_name }},\n\n"
            "We cannot refund {{ product }} of order {{ order }} for {{ customer }}. The purchase goes on as before, "
            "with its keys and downloads.\n\n"
            "If you have facts that we did not know, please file a new request and name this one, {{ number }}.\n\n"
            "Kind regards\n{{ agent }}"
        ),
        CHINESE: (
            "{{ contact_name }}，您好：\n\n"
            "很抱歉，客户 {{ customer }} 的订单 {{ order }} 中的 {{ product }} 无法退款。"
            "该购买保持不变，密钥和下载可继续使用。\n\n"
            "如有我们尚未了解的情况，请提交新的请求，并注明本请求编号 {{ number }}。\n\n"
            "此致\n{{ agent }}"
        ),
        KOREAN: (
            "{{ contact_name }} 님, 안녕하세요.\n\n"
            "죄송하지만 고객 {{ customer }}의 주문 {{ order }}에 포함된 {{ product }}은(는) 환불해 드릴 수 없습니다. "
            "구매는 그대로 유지되며 키와 다운로드를 계속 사용하실 수 있습니다.\n\n"
            "저희가 알지 못한 사정이 있으면 이 요청 번호 {{ number }}을(를) 적어 새 요청을 제출해 주세요.\n\n"
            "감사합니다.\n{{ agent }} 드림"
        ),
    },
    "More information needed": {
        ENGLISH: (
            "Hello {{ contact_name }},\n\n"
            "To decide request {{ number }} about {{ product }} of order {{ order }} we need to know more: has the "
            "software been installed or a key activated, and on how many devices?\n\n"
            "As soon as you reply we go on.\n\n"
            "Kind regards\n{{ agent }}"
        ),
        CHINESE: (
            "{{ contact_name }}，您好：\n\n"
            "为处理关于订单 {{ order }} 中 {{ product }} 的请求 {{ number }}，我们需要进一步了解："
            "软件是否已安装或密钥是否已激活？涉及多少台设备？\n\n"
            "收到您的回复后，我们会立即继续处理。\n\n"
            "此致\n{{ agent }}"
        ),
        KOREAN: (
            "{{ contact_name }} 님, 안녕하세요.\n\n"
            "주문 {{ order }}의 {{ product }}에 관한 요청 {{ number }}을(를) 처리하려면 추가 확인이 필요합니다. "
            "소프트웨어를 설치했거나 키를 활성화한 적이 있는지, 있다면 몇 대의 장치인지 알려 주세요.\n\n"
            "답변을 받는 대로 계속 처리하겠습니다.\n\n"
            "감사합니다.\n{{ agent }} 드림"
        ),
    },
    "Request received": {
        ENGLISH: (
            "Hello {{ contact_name }},\n\n"
            "We have taken up request {{ number }} and are looking into it. You do not have to do anything for now.\n\n"
            "Kind regards\n{{ agent }}"
        ),
        CHINESE: (
            "{{ contact_name }}，您好：\n\n我们已受理请求 {{ number }}，正在处理中，您暂时无需进行任何操作。\n\n此致\n{{ agent }}"
        ),
        KOREAN: (
            "{{ contact_name }} 님, 안녕하세요.\n\n"
            "요청 {{ number }}을(를) 접수하여 검토하고 있습니다. 지금은 따로 하실 일이 없습니다.\n\n"
            "감사합니다.\n{{ agent }} 드림"
        ),
    },
}


def add(apps: Any, schema_editor: Any) -> None:
    templates = apps.get_model("support", "ReplyTemplate").objects.using(schema_editor.connection.alias)
    for name, languages in TEMPLATES.items():
        for language, text in languages.items():
            templates.get_or_create(name=name, language=language, defaults={"text": text})


class Migration(migrations.Migration):
    dependencies = (("support", "0004_span_until_midnight"),)
    operations = (migrations.RunPython(add, migrations.RunPython.noop),)
