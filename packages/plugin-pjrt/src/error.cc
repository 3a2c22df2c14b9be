#include "error.h"

#include <new>

namespace hloom::pjrt {

Error current_error() {
  try {
    throw;
  } catch (const Failure& failure) {
    return std::make_shared<const Failure>(failure);
  } catch (const std::bad_alloc&) {
    return make_error(kResourceExhausted, "hloom: out of host memory");
  } catch (const std::exception& exception) {
    return make_error(kInternal, std::string("hloom: ") + exception.what());
  } catch (...) {
    return make_error(kInternal, "hloom: an exception of an unknown type");
  }
}

PJRT_Error* to_pjrt(const Error& error) { return error ? new PJRT_Error{error} : nullptr; }

void error_destroy(PJRT_Error_Destroy_Args* args) { delete args->error; }

void error_message(PJRT_Error_Message_Args* args) {
  args->message = args->error->error->what();
  args->message_size = std::char_traits<char>::length(args->message);
}

void error_code(PJRT_Error_GetCode_Args& args) { args.code = args.error->error->code(); }

}  // namespace hloom::pjrt
